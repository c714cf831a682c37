import { parseDuration } from "../rotation/time/duration";
import type { AccountSchema } from "./configuration-schema";
import type { SchemaOptions } from "./field-types";
import { batchIdParts } from "./identity-fields";
import { asObject, isObject, mergeAccount, type Unchecked } from "./merge";
import { listOf, type Path, type Report, valid } from "./parts";
import type { Schedule } from "./schedule";
import { scheduleChecker } from "./schedule-checks";

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

/** What must differ between accounts, without case, as Azure compares names; null where it is not known. */
const identities = [
  {
    key: ["name"],
    same: "has the same name as",
    remedy: "give one of them a name of its own",
    of: (schema: AccountSchema, account: Unchecked): string | null => {
      if (account["name"] !== undefined) return valid(schema.shape.name, account["name"]) ?? null;
      const id = valid(schema.shape.resourceId, account["resourceId"]);
      return id === null ? null : (batchIdParts(id)?.accountName ?? null);
    },
  },
  {
    key: ["resourceId"],
    same: "is the same Batch account as that of",
    remedy: "keep one of them",
    of: (schema: AccountSchema, account: Unchecked): string | null =>
      valid(schema.shape.resourceId, account["resourceId"]),
  },
  {
    key: ["secret"],
    same: "is the same secret as that of",
    remedy: "give each account a secret of its own",
    of: (schema: AccountSchema, account: Unchecked): string | null => {
      const { vaultUrl, name } = valid(schema.shape.secret, account["secret"]) ?? {};
      return vaultUrl === undefined ? null : `${new URL(vaultUrl).origin}/${name}`;
    },
  },
] as const;

const checkDistinct = (schema: AccountSchema, accounts: readonly Unchecked[], report: Report): void => {
  for (const { key, same, remedy, of } of identities) {
    const firstWith = new Map<string, number>();
    accounts.forEach((account, i) => {
      const identity = of(schema, account)?.toLowerCase();
      const first = identity === undefined ? undefined : firstWith.get(identity);
      if (first !== undefined) report(["accounts", i, ...key], `${same} accounts/${first}: ${remedy}`);
      else if (identity !== undefined) firstWith.set(identity, i);
    });
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
  { emulated, schedule }: ConfigurationRules,
  report: Report,
): void => {
  const { defaults, accounts } = asObject(configuration);
  const written = listOf(accounts).map(asObject);
  const isWhole = (account: unknown): boolean => isObject(account) && (defaults === undefined || isObject(defaults));
  const checkSchedule = schedule === null ? null : scheduleChecker(schema, schedule, report);
  checkWritten(schema, asObject(defaults), ["defaults"], report);
  checkDefaultDelay(schema, asObject(defaults), report);
  written.forEach((account, i) => {
    checkWritten(schema, account, ["accounts", i], report);
    if (!isWhole(listOf(accounts)[i])) return;
    const merged = mergeAccount(defaults, account);
    checkExpiry(schema, merged, ["accounts", i], report);
    checkGate(schema, account, merged, ["accounts", i], report);
    // Tests run the timer themselves, and use lengths that no app could.
    if (emulated) return;
    checkForgetting(schema, merged, ["accounts", i], report);
    checkSchedule?.(merged, ["accounts", i]);
  });
  checkDistinct(schema, written, report);
};
