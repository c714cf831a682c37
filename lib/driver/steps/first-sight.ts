import { OperatorNeededError } from "../../errors";
import { batchRemedies } from "../../remedies";
import type { AccountConfig } from "../../rotation/account-config";
import { toInstant } from "../../rotation/time/time";
import { foundPublished, publishedAtFirstSight } from "../../rotation/moves/adoption";
import { ask, keyListStale, slotOf } from "./key-operations";
import { publishInstead, refuseForeign } from "./publish";
import { refuseOlderThanPublished } from "./read-newest";
import type { Decision, Done, KeySnapshot, StepContext } from "./step-context";

/**
 * Before anything is ever regenerated: which key do apps read? A live one is adopted unchanged; without one the primary
 * is published, which breaks no app. A value that nothing marks as this account's belongs to others and stays.
 * Safe twice: what a first run published is found as live by the second.
 */
export const firstSight = async (context: StepContext): Promise<Decision> => {
  const { ports, config, call } = context;
  const { accountEndpoint, sharedKeyAllowed } = await ports.batch.readAccount(config.batch, call());
  if (!sharedKeyAllowed) throw sharedKeyNotAllowed(config);
  const newest = await ports.secrets.newest(config.secret, call());
  context.sawNewest(newest);
  const keys = await ports.batch.readKeys(config.batch, call());
  await refuseOlderThanPublished(context, newest);
  const slot = newest === null ? null : slotOf(keys, newest.key);
  if (newest === null || slot === null) {
    const here = { ...context, record: { ...context.record, accountEndpoint } };
    const why = newest === null ? "the vault held no secret" : "the vault's value was neither key";
    return {
      kind: "act",
      words: `publish the live primary key, because ${why}`,
      run: () => publishFirst(here, accountEndpoint, { keys, newest }, why),
    };
  }
  const { version, createdAt } = newest;
  const active = { slot, version, publishedAt: createdAt, createdAt, keyMadeAt: createdAt };
  return {
    kind: "act",
    words: `adopt version ${version}, which holds the ${slot} key`,
    run: async () => foundPublished(active, accountEndpoint, context.now),
  };
};

const publishFirst = async (
  context: StepContext,
  accountEndpoint: string,
  snapshot: KeySnapshot,
  why: string,
): Promise<Done> => {
  const { newest } = snapshot;
  if (newest !== null && (await ask(context, newest.key)).kind === "accepted")
    return keyListStale(`Batch accepts the key of version ${newest.version}, which its key list does not show`);
  await refuseForeign(context, snapshot, (owner) => owner !== "thisAccount");
  const as = await publishInstead(context, ["primary", "secondary"], snapshot, context.ports.ids.next());
  if (!("slot" in as)) return as;
  const now = context.ports.clock.now();
  const { slot, version, createdAt } = as;
  const active = { slot, version, publishedAt: toInstant(now), createdAt, keyMadeAt: toInstant(now) };
  return publishedAtFirstSight(active, accountEndpoint, why, as, now);
};

const sharedKeyNotAllowed = (config: AccountConfig): OperatorNeededError =>
  new OperatorNeededError(
    "SharedKeyNotAllowed",
    { operation: "Batch account read" },
    batchRemedies.sharedKeyNotAllowed(config.batch.accountName),
  );
