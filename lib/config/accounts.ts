import { jsonPointer } from "../parsed";
import type { AccountSettings, BatchAccountRef } from "../rotation/account-config";
import { parseDuration } from "../rotation/time/duration";
import { days } from "../rotation/time/units";
import { type AccountSchema, type CompleteAccount, completeAccount, configurationSchema } from "./configuration-schema";
import { checkTogether, type ConfigurationRules } from "./cross-checks";
import { batchIdParts } from "./identity-fields";
import { asObject, mergeAccount } from "./merge";
import type { Report } from "./parts";

/** Of a duration that the schema has let through. */
const ms = (duration: string): number => parseDuration(duration) ?? Number.NaN;

const msOrNull = (duration: string | null): number | null => (duration === null ? null : ms(duration));

const batchOf = (resourceId: string): BatchAccountRef => ({
  resourceId,
  ...(batchIdParts(resourceId) ?? { subscriptionId: "", resourceGroup: "", accountName: "" }),
});

const resolveGate = ({ mode, consumers, delay, ...gate }: CompleteAccount["gate"]): AccountSettings["gate"] => ({
  mode,
  consumers,
  soakMs: ms(gate.soak),
  signalFreshnessMs: ms(gate.signalFreshness),
  forgetInstanceAfterMs: ms(gate.forgetInstanceAfter),
  delayMs: mode === "delay" ? msOrNull(delay) : null,
  rollbackWhenUnhealthyForMs: msOrNull(gate.rollbackWhenUnhealthyFor),
});

const resolveStalledAfter = (after: CompleteAccount["stalledAfter"]): AccountSettings["stalledAfterMs"] => ({
  adopting: ms(after.adopting),
  started: ms(after.started),
  regenerated: ms(after.regenerated),
  published: ms(after.published),
  retired: ms(after.retired),
  settling: ms(after.settling),
});

const resolve = (account: CompleteAccount): AccountSettings => {
  const batch = batchOf(account.resourceId);
  const rotateEveryMs = ms(account.rotateEvery);
  return {
    name: account.name ?? batch.accountName.toLowerCase(),
    batch,
    secret: { vaultUrl: new URL(account.secret.vaultUrl).origin, name: account.secret.name },
    rotateEveryMs,
    expireAfterMs: account.expireAfter === undefined ? rotateEveryMs + days(30) : ms(account.expireAfter),
    window: account.window,
    settleOn: account.settleOn,
    probe: account.probe,
    reconcileEveryMs: ms(account.reconcileEvery),
    paused: account.paused,
    gate: resolveGate(account.gate),
    stalledAfterMs: resolveStalledAfter(account.stalledAfter),
    remindEveryMs: ms(account.remindEvery),
  };
};

/** A key is shown only in the form of a key: anything else, a secret too, may have been pasted there. */
const hasKeyForm = (key: string): boolean => /^[$_A-Za-z][\w$-]{0,39}$/.test(key);

const reportUnknownKeys = (path: readonly PropertyKey[], keys: readonly string[], report: Report): void => {
  const remedy = "remove it or correct its spelling; rotation.schema.json lists the keys";
  for (const key of keys) {
    if (hasKeyForm(key)) report([...path, key], `is not a known key: ${remedy}`);
    else report(path, `holds a key that is not known: ${remedy}`);
  }
};

/** The configuration is read once in a process: compiling the schema would cost more than it saves. */
const once = { jitless: true };

const checkForm = (schema: AccountSchema, configuration: unknown, report: Report): void => {
  const issues = configurationSchema(schema).safeParse(configuration, once).error?.issues ?? [];
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") reportUnknownKeys(issue.path, issue.keys, report);
    else report(issue.path, issue.message);
  }
};

/**
 * The accounts of a configuration that has been read from JSON. All problems go to `report` at once, each with the JSON
 * pointer of its place; there are no accounts then.
 */
export const readAccounts = (
  configuration: unknown,
  rules: ConfigurationRules,
  report: (at: string, problem: string) => void,
): readonly AccountSettings[] => {
  let sound = true;
  const reportAt: Report = (path, problem) => {
    sound = false;
    report(jsonPointer(path), problem);
  };
  const schema = completeAccount(rules);
  checkForm(schema, configuration, reportAt);
  checkTogether(schema, configuration, rules, reportAt);
  if (!sound) return [];
  const { defaults, accounts } = asObject(configuration);
  return Array.isArray(accounts)
    ? accounts.map((account) => resolve(schema.parse(mergeAccount(defaults, account, rules), once)))
    : [];
};
