import { OperatorNeededError } from "../errors";
import type { BatchAccount, SlotKeys } from "../ports";
import type { AccountConfig } from "../rotation/account-config";
import { toInstant } from "../rotation/time/time";
import { foundPublished, publishedAtFirstSight } from "../rotation/transitions";
import { answerFor, newKeyNotAcceptedYet, publish, slotOf } from "./key-operations";
import type { Decision, Done, StepContext } from "./step-context";

/**
 * Before anything is ever regenerated: which key do apps read? A live one is adopted unchanged; without one the primary
 * is published, which breaks no app.
 * Safe twice: what a first run published is found as live by the second.
 */
export const firstSight = async (context: StepContext): Promise<Decision> => {
  const { ports, config, call } = context;
  const account = await ports.batch.readAccount(config.batch, call());
  if (!account.sharedKeyAllowed) throw sharedKeyNotAllowed(config);
  const newest = await ports.secrets.newest(config.secret, call());
  const keys = await ports.batch.readKeys(config.batch, call());
  const slot = newest === null ? null : slotOf(keys, newest.key);
  if (newest === null || slot === null) {
    const why = newest === null ? "the vault held no secret" : "the vault's value was neither key";
    return {
      kind: "act",
      words: `publish the live primary key, because ${why}`,
      run: () => publishFirst(context, account, keys, why),
    };
  }
  const active = { slot, version: newest.version, publishedAt: newest.createdAt, keyMadeAt: newest.createdAt };
  return {
    kind: "act",
    words: `adopt version ${newest.version}, which holds the ${slot} key`,
    run: async () => foundPublished(active, account.accountEndpoint, context.now),
  };
};

const publishFirst = async (
  context: StepContext,
  { accountEndpoint }: BatchAccount,
  keys: SlotKeys,
  why: string,
): Promise<Done> => {
  // The primary may have been regenerated a moment ago: manually, or by a rotation that a change of configuration
  // ended.
  const answer = await answerFor({ ...context, record: { ...context.record, accountEndpoint } }, keys.primary);
  if (answer === "refused") return newKeyNotAcceptedYet("primary");
  const { version, requestId } = await publish(context, "primary", keys, context.ports.ids.next());
  const now = context.ports.clock.now();
  const active = { slot: "primary", version, publishedAt: toInstant(now), keyMadeAt: toInstant(now) } as const;
  return publishedAtFirstSight(active, accountEndpoint, why, { version, requestId, answer }, now);
};

const sharedKeyNotAllowed = (config: AccountConfig): OperatorNeededError =>
  new OperatorNeededError(
    "SharedKeyNotAllowed",
    { operation: "Batch account read" },
    `Batch account ${config.batch.accountName} does not allow shared keys: ` +
      "add SharedKey to its allowedAuthenticationModes, or take the account out of ROTATION_ACCOUNTS",
  );
