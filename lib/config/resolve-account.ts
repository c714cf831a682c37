import type { AccountSettings, BatchAccountRef, ConsumerConfig } from "../rotation/account-config";
import { parseDuration } from "../rotation/time/duration";
import { days } from "../rotation/time/units";
import type { CompleteAccount } from "./schema/configuration-schema";
import { batchIdParts } from "./schema/identity-fields";
import type { SharedTexts } from "../rotation/shared-texts";

/** Of a duration that the schema has let through. */
const ms = (duration: string): number => parseDuration(duration) ?? Number.NaN;

const msOrNull = (duration: string | null): number | null => (duration === null ? null : ms(duration));

const batchOf = (resourceId: string, texts: SharedTexts): BatchAccountRef => {
  const { subscriptionId = "", resourceGroup = "", accountName = "" } = batchIdParts(resourceId) ?? {};
  return {
    resourceId,
    subscriptionId: texts.of(subscriptionId),
    resourceGroup: texts.of(resourceGroup),
    accountName,
  };
};

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

type Identity = Pick<AccountSettings, "name" | "batch" | "secret">;

/** What distinguishes one account from another. */
export const identityOf = (
  { name, resourceId, secret }: Pick<CompleteAccount, "name" | "resourceId" | "secret">,
  texts: SharedTexts,
): Identity => {
  const batch = batchOf(resourceId, texts);
  return {
    name: name ?? batch.accountName.toLowerCase(),
    batch,
    secret: { vaultUrl: texts.of(new URL(secret.vaultUrl).origin), name: secret.name },
  };
};

/** Another account with the same policy. Written out: an object that is spread takes more memory. */
export const withIdentity = (policy: AccountSettings, { name, batch, secret }: Identity): AccountSettings => ({
  name,
  batch,
  secret,
  rotateEveryMs: policy.rotateEveryMs,
  expireAfterMs: policy.expireAfterMs,
  window: policy.window,
  settleOn: policy.settleOn,
  probe: policy.probe,
  reconcileEveryMs: policy.reconcileEveryMs,
  paused: policy.paused,
  gate: policy.gate,
  stalledAfterMs: policy.stalledAfterMs,
  remindEveryMs: policy.remindEveryMs,
});

/** Of an account that the schema has let through. */
export const resolveAccount = (account: CompleteAccount, texts: SharedTexts): AccountSettings => {
  const rotateEveryMs = ms(account.rotateEvery);
  return {
    ...identityOf(account, texts),
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
