import { parseDuration } from "../rotation/time/duration";
import type { AccountSchema } from "./configuration-schema";
import { checkDistinct } from "./distinct-accounts";
import type { SchemaOptions } from "./field-types";
import { vaultNameOf } from "./identity-fields";
import { asObject, isObject, mergeAccount, type Unchecked } from "./merge";
import { listOf, type Path, type Report, valid } from "./parts";
import type { Schedule } from "./schedule";
import { scheduleChecker } from "./schedule-checks";
import { parseUrl } from "./urls";

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
  const consumer = schema.shape.gate.shape.consumers.element.shape;
  const names = listOf(asObject(written["gate"])["consumers"]).map((one) =>
    valid(consumer.name, asObject(one)["name"]),
  );
  names.forEach((name, i) => {
    const first = names.indexOf(name);
    if (name !== null && first < i) {
      report([...path, "gate", "consumers", i, "name"], `is the name of consumers/${first} as well: give each its own`);
    }
  });
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

const checkDefaultDelay = (schema: AccountSchema, defaults: Unchecked, report: Report): void => {
  const { shape } = schema.shape.gate;
  const gate = asObject(defaults["gate"]);
  const mode = valid(shape.mode, gate["mode"]);
  if (mode !== null && mode !== "delay" && valid(shape.delay, gate["delay"]) !== null) {
    report(["defaults", "gate", "delay"], delayElsewhere);
  }
};

/** What the settings say about the configuration. */
export interface ConfigurationRules extends SchemaOptions {
  /** Null where `ROTATION_SCHEDULE` is no schedule. */
  readonly schedule: Schedule | null;
}

/** Everything about a configuration that no part of it shows by itself. */
export const checkTogether = (
  schema: AccountSchema,
  configuration: unknown,
  rules: ConfigurationRules,
  report: Report,
): void => {
  const { emulated, schedule } = rules;
  const { defaults, accounts } = asObject(configuration);
  const written = listOf(accounts).map(asObject);
  const isWhole = (account: unknown): boolean => isObject(account) && (defaults === undefined || isObject(defaults));
  const checkSchedule = schedule === null ? null : scheduleChecker(schema, schedule, report);
  checkWritten(schema, asObject(defaults), ["defaults"], report);
  checkDefaultDelay(schema, asObject(defaults), report);
  written.forEach((account, i) => {
    checkWritten(schema, account, ["accounts", i], report);
    if (!isWhole(listOf(accounts)[i])) return;
    const merged = mergeAccount(defaults, account, rules);
    checkSecret(merged, ["accounts", i], report);
    checkExpiry(schema, merged, ["accounts", i], report);
    checkGate(schema, account, merged, ["accounts", i], report);
    // Tests run the timer themselves, and use lengths that no app could.
    if (emulated) return;
    checkForgetting(schema, merged, ["accounts", i], report);
    checkSchedule?.(merged, ["accounts", i]);
  });
  checkDistinct(
    schema,
    written.map((account) => mergeAccount({}, account, rules)),
    report,
  );
};
