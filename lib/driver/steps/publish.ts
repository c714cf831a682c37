import { OperatorNeededError } from "../../errors";
import type { SlotKeys } from "../../ports/batch-keys";
import { vaultRemedies } from "../../remedies";
import { activeQuarantine } from "../../rotation/claim";
import { lastChangeOf, lastKeyChange } from "../../rotation/key-changes";
import { ownerOf, secretUrl } from "../../rotation/ownership";
import type { Slot } from "../../rotation/phases";
import { type Instant, latest, plusMs, toInstant } from "../../rotation/time/time";
import type { PublishedAs } from "../../rotation/moves/evidence";
import { answerFor, ask, keyListStale, newKeyNotAcceptedYet, slotOf } from "./key-operations";
import {
  type GoodSnapshot,
  type KeySnapshot,
  lookAgain,
  type Newest,
  type StepContext,
  type Waits,
} from "./step-context";

/*
 * The only place that publishes a key, and that decides whether it may be published. Apps read the newest version, so
 * it must never hold a dead key while a living one is known.
 */

/** What is published instead of a dead key, or of none. */
interface Instead extends PublishedAs {
  readonly slot: Slot;
}

/**
 * The procedure's next key. Apps read a key that works, so this one must be shown to work too: by a list that knows the
 * regenerate of `changedAt`, and by a signed call, where the account is probed.
 */
export const publishNext = async (
  context: StepContext,
  slot: Slot,
  snapshot: GoodSnapshot,
  rotationId: string,
  changedAt: Instant,
): Promise<PublishedAs | Waits> => {
  const answer = await answerFor(context, snapshot.keys[slot]);
  if (answer === "refused") return newKeyNotAcceptedYet(slot);
  if (!listKnows(context, snapshot.keys, changedAt))
    return keyListStale(`the key list may be from before the ${slot} key was regenerated at ${changedAt}`);
  return { ...(await publishProven(context, slot, snapshot, rotationId)), answer };
};

/**
 * Apps read no key that works: the newest version holds neither live key, or there is none. The first of these slots
 * whose key Batch accepts is published. Where Batch cannot be asked, the first one is published on the list's word, as
 * nothing can become worse; but not on the word of a list that may be from before a change. Batch may still accept a
 * key that the rotator has just replaced, so a signed call is not enough where the list may be from before that.
 */
export const publishInstead = async (
  context: StepContext,
  slots: readonly [Slot, Slot],
  snapshot: KeySnapshot,
  rotationId: string,
): Promise<Instead | Waits | typeof lookAgain> => {
  const [first, second] = slots;
  let stale: Waits | null = null;
  for (const slot of [first, second]) {
    // A slot whose regenerate may still be in flight is not published.
    if (slot === second && activeQuarantine(context.record, context.now)?.slot === second) break;
    const { kind } = await ask(context, snapshot.keys[slot]);
    if (kind === "refused") continue;
    if (kind === "accepted" && mayBeReplaced(context, snapshot.keys, slot)) {
      stale = keyListStale(`the key list may be from before the ${slot} key was regenerated`);
      continue;
    }
    const waits = kind === "accepted" ? null : listTooOld(context, snapshot.newest, slot);
    if (waits !== null) return waits;
    if (!(await isStillNewest(context, snapshot.newest))) return lookAgain;
    return { slot, ...(await publishProven(context, slot, snapshot, rotationId)), answer: kind };
  }
  return stale ?? newKeyNotAcceptedYet(first);
};

/** Asked last: a process may have stood still since it read the vault, or the vault may have answered from the past. */
const isStillNewest = async ({ ports, config, call }: StepContext, read: Newest | null): Promise<boolean> => {
  const newest = await ports.secrets.newest(config.secret, call());
  return newest?.version === read?.version;
};

/** The list shows a key that this rotator may have replaced since. */
const mayBeReplaced = ({ record, answered, listLagMs, ports }: StepContext, keys: SlotKeys, slot: Slot): boolean => {
  if (answered !== null) return !answered[slot].equals(keys[slot]);
  const changedAt = lastChangeOf(record, slot);
  return changedAt !== null && plusMs(changedAt, listLagMs) > toInstant(ports.clock.now());
};

/**
 * Whether the list is from after the regenerate of `changedAt`: it equals the answer. Another drive does not know the
 * answer, and a signed call does not tell either, as Batch may still accept the replaced key: there it must be old
 * enough.
 */
const listKnows = ({ answered, listLagMs, ports }: StepContext, keys: SlotKeys, changedAt: Instant): boolean =>
  answered === null
    ? plusMs(changedAt, listLagMs) <= toInstant(ports.clock.now())
    : answered.primary.equals(keys.primary) && answered.secondary.equals(keys.secondary);

const longAgo = toInstant(new Date(0));

/**
 * Batch cannot be asked about a key that is to take the place of a dead one: null once its list can no longer be from
 * before the last change that is known of.
 */
export const listTooOld = (
  { ports, record, now, listLagMs }: StepContext,
  newest: Newest | null,
  slot: Slot,
): Waits | null => {
  const settledAt = plusMs(
    latest(
      newest?.createdAt ?? longAgo,
      activeQuarantine(record, now)?.until ?? longAgo,
      lastKeyChange(record) ?? longAgo,
    ),
    listLagMs,
  );
  return settledAt <= toInstant(ports.clock.now())
    ? null
    : keyListStale(`Batch cannot be asked about the ${slot} key, and its key list may be old until ${settledAt}`);
};

/**
 * A version that was published for another resource is never overwritten, unless it holds a key of this account: then
 * the account has moved, or a tag was copied.
 */
export const refuseForeign = async (
  { config, contest }: StepContext,
  { keys, newest }: KeySnapshot,
  isForeign: (owner: ReturnType<typeof ownerOf>) => boolean = (owner) => owner === "another",
): Promise<void> => {
  if (newest === null || slotOf(keys, newest.key) !== null) return;
  const owner = ownerOf(newest.marks, config.batch.resourceId);
  if (!isForeign(owner)) return;
  if (owner === "another" && newest.marks.contestedBy === null) await contest(newest);
  throw new OperatorNeededError(
    "ForeignSecret",
    { operation: "Key Vault read of the newest version" },
    vaultRemedies.foreign(config.secret, config.batch, newest.marks.providerAddress),
  );
};

/**
 * Publishes a key that its caller has had proven: value, tags, content type and expiry in one `setSecret`, unless the
 * newest version holds the key already.
 */
export const publishProven = async (
  context: StepContext,
  slot: Slot,
  snapshot: KeySnapshot,
  rotationId: string,
): Promise<PublishedAs> => {
  const { ports, config, call } = context;
  const { keys, newest } = snapshot;
  const secret = secretUrl(config.secret);
  if (newest?.key.equals(keys[slot])) return { version: newest.version, createdAt: newest.createdAt, secret };
  await refuseForeign(context, snapshot);
  await context.writeAhead();
  const as = await ports.secrets.publish(
    config.secret,
    {
      key: keys[slot],
      slot,
      resourceId: config.batch.resourceId,
      rotateEveryMs: config.rotateEveryMs,
      expiresAt: plusMs(toInstant(ports.clock.now()), config.expireAfterMs),
      rotationId,
      otherTags: newest?.otherTags ?? {},
    },
    call(),
  );
  return { ...as, secret };
};
