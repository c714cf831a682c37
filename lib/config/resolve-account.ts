import type { AccountSettings, BatchAccountRef, ConsumerConfig } from "../rotation/account-config";
import { parseDuration } from "../rotation/time/duration";
import { days } from "../rotation/time/units";
import type { CompleteAccount } from "./schema/configuration-schema";
import { batchIdParts } from "./schema/identity-fields";

/** Of a duration that the schema has let through. */
const ms = (duration: string): number => parseDuration(duration) ?? Number.NaN;

const msOrNull = (duration: string | null): number | null => (duration === null ? null : ms(duration));

const batchOf = (resourceId: string): BatchAccountRef => ({
  resourceId,
  ...(batchIdParts(resourceId) ?? { subscriptionId: "", resourceGroup: "", accountName: "" }),
});

const resolveConsumer = ({ identity, ...consumer }: CompleteAccount["gate"]["consumers"][number]): ConsumerConfig => ({
  ...consumer,
  ...(identity === null ? {} : { identity: identity.toLowerCase() }),
});

const resolveGate = ({
  probe,
  gate: { mode, consumers, delay, ...gate },
}: CompleteAccount): AccountSettings["gate"] => ({
  mode,
  consumers: consumers.map(resolveConsumer),
  soakMs: ms(gate.soak),
  signalFreshnessMs: ms(gate.signalFreshness),
  forgetInstanceAfterMs: ms(gate.forgetInstanceAfter),
  delayMs: mode === "delay" ? msOrNull(delay) : null,
  rollbackWhenUnhealthyForMs: msOrNull(gate.rollbackWhenUnhealthyFor),
  leastEvidence: gate.leastEvidence,
  searchAccount: gate.searchAccount ?? probe === "dataPlane",
  unknownReaders: gate.unknownReaders,
});

const resolveStalledAfter = (after: CompleteAccount["stalledAfter"]): AccountSettings["stalledAfterMs"] => ({
  adopting: ms(after.adopting),
  started: ms(after.started),
  regenerated: ms(after.regenerated),
  published: ms(after.published),
  retired: ms(after.retired),
  settling: ms(after.settling),
});

/** What distinguishes one account from another. */
export const identityOf = ({
  name,
  resourceId,
  secret,
}: Pick<CompleteAccount, "name" | "resourceId" | "secret">): Pick<AccountSettings, "name" | "batch" | "secret"> => {
  const batch = batchOf(resourceId);
  return {
    name: name ?? batch.accountName.toLowerCase(),
    batch,
    secret: { vaultUrl: new URL(secret.vaultUrl).origin, name: secret.name },
  };
};

/** Of an account that the schema has let through. */
export const resolveAccount = (account: CompleteAccount): AccountSettings => {
  const rotateEveryMs = ms(account.rotateEvery);
  return {
    ...identityOf(account),
    rotateEveryMs,
    expireAfterMs: account.expireAfter === undefined ? rotateEveryMs + days(30) : ms(account.expireAfter),
    window: account.window,
    settleOn: account.settleOn,
    probe: account.probe,
    reconcileEveryMs: ms(account.reconcileEvery),
    paused: account.paused,
    gate: resolveGate(account),
    stalledAfterMs: resolveStalledAfter(account.stalledAfter),
    remindEveryMs: ms(account.remindEvery),
  };
};
