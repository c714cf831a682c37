import { parseDuration } from "../../rotation/time/duration";
import type { AccountSchema } from "../schema/configuration-schema";
import { checkConsumers, checkEvidence } from "./consumer-checks";
import { checkDistinct, namesOf } from "./distinct-accounts";
import type { SchemaOptions } from "../schema/field-types";
import { vaultNameOf } from "../schema/identity-fields";
import { checkDiscovery } from "../schema/discovery-schema";
import { checkFleet } from "../schema/fleet-schema";
import {
  asObject,
  isObject,
  mergeAccount,
  mergedSecret,
  type MergeContext,
  textOfPolicy,
  type Unchecked,
} from "../merge";
import { listOf, type Path, type Report, valid } from "./parts";
import type { Schedule } from "../schedule";
import { scheduleChecker } from "./schedule-checks";
import { parseUrl } from "../urls";

/*
 * How the parts of the configuration go together. Every check validates the parts it needs one by one and reports
 * nothing where one of them is invalid by itself, which is reported elsewhere: so one mistake never hides another.
 */

/** What was written in one place, be it `defaults` or an account. */
const checkWritten = (schema: AccountSchema, written: Unchecked, path: Path, report: Report): void => {
  const clock = schema.shape.window.unwrap().shape;
  const window = asObject(written["window"]);
  const from = valid(clock.from, window["from"]);
  if (from !== null && from === valid(clock.to, window["to"])) {
    report([...path, "window", "to"], "must differ from the window's from; for no window at all, set window to null");
  }
  checkConsumers(schema, asObject(written["gate"]), [...path, "gate", "consumers"], report);
};

const checkExpiry = (schema: AccountSchema, merged: Unchecked, path: Path, report: Report): void => {
  const { rotateEvery, expireAfter } = schema.shape;
  const every = parseDuration(valid(rotateEvery, merged["rotateEvery"]) ?? "");
  const after = parseDuration(valid(expireAfter, merged["expireAfter"]) ?? "");
  if (every !== null && after !== null && after <= every) {
    report(
      [...path, "expireAfter"],
      "must be longer than rotateEvery, so that the secret outlives its rotation; or leave it out",
    );
  }
};

/**
 * An instance that signals rarely would be forgotten between two signals while on the old key, and the gate would open
 * without it. Emulated systems may do so: a test cannot wait, and no app breaks.
 */
const checkForgetting = (schema: AccountSchema, merged: Unchecked, path: Path, report: Report): void => {
  const gate = asObject(merged["gate"]);
  const { signalFreshness, forgetInstanceAfter } = schema.shape.gate.shape;
  const fresh = parseDuration(valid(signalFreshness, gate["signalFreshness"]) ?? "");
  const forget = parseDuration(valid(forgetInstanceAfter, gate["forgetInstanceAfter"]) ?? "");
  if (fresh !== null && forget !== null && forget < fresh) {
    report(
      [...path, "gate", "forgetInstanceAfter"],
      "must not be shorter than signalFreshness, or an instance on the old key is forgotten while its " +
        "last signal still counts: make it longer, or signalFreshness shorter",
    );
  }
};

/** The gate would never open: it waits until the log has shown all readers. */
const checkLog = (schema: AccountSchema, merged: Unchecked, path: Path, report: Report): void => {
  const { unknownReaders } = schema.shape.gate.shape;
  if (valid(unknownReaders, asObject(merged["gate"])["unknownReaders"]) !== "hold") return;
  const problem = 'must be "report" where the vault\'s audit log is not asked; or set ROTATION_LOG_WORKSPACE_ID';
  report([...path, "gate", "unknownReaders"], problem);
};

/** The name that a profile gives to an account's secret: of a listed account, the region is not known. */
const checkNamedByProfile = (schema: AccountSchema, merged: Unchecked, path: Path, report: Report): void => {
  const name = asObject(merged["secret"])["name"];
  if (typeof name !== "string" || valid(schema.shape.secret.shape.name, name) !== null) return;
  const problem = name.includes("{location}")
    ? "holds {location}, which is known only for accounts that are found by a tag"
    : "is too long, or has another character than 0-9, a-z, A-Z and -";
  report([...path, "profile"], `the secret's name in this profile ${problem}: give this account a secret of its own`);
};

/** Whether the secret is complete once what can be derived is filled in. */
const checkSecret = (merged: Unchecked, path: Path, report: Report): void => {
  const { secret } = merged;
  if (secret === undefined) {
    report([...path, "secret"], "is missing: give an object with vaultUrl and name, or set ROTATION_VAULT_URL");
  }
  if (!isObject(secret)) return;
  const { vaultUrl, vaultResourceId } = secret;
  const name = vaultNameOf(vaultResourceId);
  if (vaultUrl === undefined && (vaultResourceId === undefined || name !== null)) {
    report([...path, "secret", "vaultUrl"], "is missing: give the address of a vault, or set ROTATION_VAULT_URL");
  }
  const host = typeof vaultUrl === "string" ? parseUrl(vaultUrl)?.hostname : undefined;
  if (name !== null && host !== undefined && host.split(".")[0] !== name) {
    report([...path, "secret", "vaultUrl"], "is not the vault of vaultResourceId: remove one of them");
  }
};

/** A search is made of signed calls to the data plane. */
const checkSearch = (schema: AccountSchema, merged: Unchecked, path: Path, report: Report): void => {
  const { searchAccount } = asObject(merged["gate"]);
  if (valid(schema.shape.probe, merged["probe"]) !== "none" || searchAccount !== true) return;
  report(
    [...path, "gate", "searchAccount"],
    'must not be true where probe is "none", as the search calls the data plane: leave it out, or set it to false',
  );
};

const delayElsewhere = 'has no effect in this mode: set it to null, or mode to "delay"';

const checkGate = (schema: AccountSchema, own: Unchecked, merged: Unchecked, path: Path, report: Report): void => {
  const gate = asObject(merged["gate"]);
  const { shape } = schema.shape.gate;
  const mode = valid(shape.mode, gate["mode"]);
  const at = [...path, "gate"];
  if (mode === "signals" && Array.isArray(gate["consumers"]) && gate["consumers"].length === 0) {
    report(
      [...at, "consumers"],
      "must name at least one consumer in mode signals; without any, choose mode approval or delay",
    );
  }
  if (mode === "delay" && gate["delay"] === null) {
    report([...at, "delay"], "is missing: mode delay needs a duration such as P7D");
  }
  // A delay that stands in `defaults` is for those accounts whose mode it fits.
  const ownDelay = asObject(own["gate"])["delay"];
  if (mode !== null && mode !== "delay" && valid(shape.delay, ownDelay) !== null)
    report([...at, "delay"], delayElsewhere);
};

const checkDefaultDelay = (schema: AccountSchema, defaults: Unchecked, path: Path, report: Report): void => {
  const { shape } = schema.shape.gate;
  const gate = asObject(defaults["gate"]);
  const mode = valid(shape.mode, gate["mode"]);
  if (mode !== null && mode !== "delay" && valid(shape.delay, gate["delay"]) !== null) {
    report([...path, "gate", "delay"], delayElsewhere);
  }
};

/** What the settings say about the configuration. */
export interface ConfigurationRules extends SchemaOptions {
  /** Null where `ROTATION_SCHEDULE` is no schedule. */
  readonly schedule: Schedule | null;
  /** `ROTATION_LOG_WORKSPACE_ID` is set. */
  readonly asksLog: boolean;
}

/** What can be wrong with an account, whether it is listed or what a profile makes of each that is found. */
const checkMerged = (
  schema: AccountSchema,
  { emulated, schedule, asksLog }: ConfigurationRules,
  report: Report,
): ((merged: Unchecked, path: Path) => void) => {
  const checkSchedule = schedule === null ? null : scheduleChecker(schema, schedule, report);
  return (merged, path) => {
    checkSecret(merged, path, report);
    checkExpiry(schema, merged, path, report);
    checkEvidence(schema, asObject(merged["gate"]), [...path, "gate", "consumers"], report);
    checkSearch(schema, merged, path, report);
    if (!asksLog) checkLog(schema, merged, path, report);
    // Tests run the timer themselves, and use lengths that no app could.
    if (emulated) return;
    checkForgetting(schema, merged, path, report);
    checkSchedule?.(merged, path);
  };
};

const isWhole = (part: unknown): boolean => part === undefined || isObject(part);

const noProfile = "is not one of the profiles: define it under profiles, or correct its name";

/** A profile stands for accounts that are not known yet, so it is checked as one of them. */
const checkProfile = (schema: AccountSchema, name: string, context: Context, report: Report): void => {
  const { defaults, profiles, discovery, check } = context;
  const path = ["profiles", name];
  const profile = asObject(asObject(profiles)[name]);
  checkWritten(schema, profile, path, report);
  checkDefaultDelay(schema, profile, path, report);
  if (!isWhole(defaults) || !isObject(asObject(profiles)[name])) return;
  // Without discovery, each of its accounts is listed and checked by itself.
  if (discovery !== undefined) check(mergeAccount(context, { profile: name }), path);
};

const checkAccount = (schema: AccountSchema, account: unknown, path: Path, context: Context, report: Report): void => {
  const { defaults, profiles, check } = context;
  const own = asObject(account);
  const name = own["profile"];
  checkWritten(schema, own, path, report);
  if (typeof name === "string" && isWhole(profiles) && !Object.hasOwn(asObject(profiles), name))
    report([...path, "profile"], noProfile);
  if (!isObject(account) || !isWhole(defaults) || !isWhole(profiles)) return;
  const merged = mergeAccount(context, account);
  check(merged, path);
  if (own["secret"] === undefined && name !== undefined) checkNamedByProfile(schema, merged, path, report);
  checkGate(schema, own, merged, path, report);
};

/**
 * Of many accounts most differ in their identity only: where one of them has no problem, only the secret is checked of
 * the others with its policy.
 */
const checkAccounts = (
  schema: AccountSchema,
  accounts: readonly unknown[],
  context: Context,
  { report, count }: Counted,
): void => {
  const sound = new Set<string>();
  accounts.forEach((account, i) => {
    const path = ["accounts", i];
    const policy = textOfPolicy(asObject(account));
    const secret = mergedSecret(context, account);
    if (sound.has(policy) && valid(schema.shape.secret, secret) !== null) return checkSecret({ secret }, path, report);
    const before = count();
    checkAccount(schema, account, path, context, report);
    if (count() === before && isObject(account)) sound.add(policy);
  });
};

interface Counted {
  readonly report: Report;
  /** How many problems were reported. */
  readonly count: () => number;
}

const counted = (report: Report): Counted => {
  let problems = 0;
  return {
    count: () => problems,
    report: (path, problem) => {
      problems += 1;
      report(path, problem);
    },
  };
};

interface Context extends MergeContext {
  readonly discovery: unknown;
  readonly check: ReturnType<typeof checkMerged>;
}

/** Everything about a configuration that no part of it shows by itself. */
export const checkTogether = (
  schema: AccountSchema,
  configuration: unknown,
  rules: ConfigurationRules,
  reported: Report,
): void => {
  const { defaults, profiles, discovery, accounts, fleet } = asObject(configuration);
  const counting = counted(reported);
  const { report } = counting;
  const context = { defaults, profiles, discovery, rules, check: checkMerged(schema, rules, report) };
  checkWritten(schema, asObject(defaults), ["defaults"], report);
  checkDefaultDelay(schema, asObject(defaults), ["defaults"], report);
  for (const name of Object.keys(asObject(profiles))) checkProfile(schema, name, context, report);
  checkAccounts(schema, listOf(accounts), context, counting);
  const listed = listOf(accounts).map(asObject);
  checkDistinct(schema, listed, context, report);
  checkSomeAccounts(configuration, report);
  checkDiscovery({ discovery, profiles }, report);
  checkFleet(asObject(fleet), discovery === undefined ? () => namesOf(schema, listed) : null, report);
};

/** Where accounts are found by a tag, none need be listed. */
const checkSomeAccounts = (configuration: unknown, report: Report): void => {
  const { accounts, discovery } = asObject(configuration);
  if (!isObject(configuration) || discovery !== undefined) return;
  if (accounts === undefined) report(["accounts"], "is missing: give a list of accounts, or discovery");
  if (Array.isArray(accounts) && accounts.length === 0)
    report(["accounts"], "must hold at least one account where there is no discovery");
};
