import { stallsAt } from "../../rotation/attention/attention";
import { blockedReasons, waitingReasons } from "../../rotation/reasons";
import { type Instant, msBetween } from "../../rotation/time/time";
import { type Standing, type WhoActs, whoActs } from "../../rotation/attention/who-acts";
import type { AccountRead } from "../../operations/status/read-status";
import type { AccountConfig } from "../../rotation/account-config";
import type { Listed } from "./read-list";
import { readable } from "../words";

/** How old the key is that apps read, compared with how old it may get. */
export interface KeyAge {
  readonly ageMs: number;
  readonly everyMs: number;
}

/** The next instant that matters. */
interface NextDate {
  readonly what: string;
  readonly at: Instant;
}

export interface AccountRow {
  readonly account: string;
  readonly standing: Standing;
  /** The reason as a sentence. */
  readonly reason: string;
  /** Which instance, which version, which remedy; empty where the sentence says all. */
  readonly detail: string;
  readonly since: Instant | null;
  readonly keyAge: KeyAge | null;
  readonly next: NextDate | null;
}

const known = (sentences: Readonly<Record<string, string>>, reason: string): string | null =>
  Object.hasOwn(sentences, reason) ? (sentences[reason] ?? null) : null;

/** The reason in general, then what it is in this case. */
export const reasonOf = ({ reason, sentence, standing, todo }: WhoActs): { reason: string; detail: string } => {
  // The next date of an idle account has a place of its own.
  if (standing === "idle") return { reason: sentence.replace(/;.*/, ""), detail: "" };
  if (reason === null) return { reason: readable(sentence), detail: "" };
  if (standing === "blocked") return { reason: known(blockedReasons, reason) ?? sentence, detail: readable(todo) };
  return { reason: known(waitingReasons, reason) ?? sentence, detail: readable(sentence) };
};

export const keyAgeOf = ({ record }: AccountRead, { rotateEveryMs }: AccountConfig, now: Instant): KeyAge | null => {
  const active = record?.state.active ?? null;
  return active && { ageMs: Math.max(0, msBetween(active.keyMadeAt, now)), everyMs: rotateEveryMs };
};

export const nextDateOf = ({ status, record }: AccountRead, config: AccountConfig, now: Instant): NextDate | null => {
  const { blocked, nextDueAt, rotation, stalled } = status;
  if (blocked !== null) return { what: "tries again", at: blocked.nextAttemptAt };
  if (nextDueAt !== null) return { what: nextDueAt > now ? "rotation" : "due", at: nextDueAt };
  const retireAt = rotation?.retireAt ?? null;
  if (retireAt !== null && retireAt > now) return { what: "old key dies", at: retireAt };
  const at = record === null ? null : stallsAt(record, config);
  return at === null ? null : { what: stalled ? "stalled" : "counts as stalled", at };
};

export const rowOf = ({ config, read, standing, since }: Listed, now: Instant): AccountRow => {
  if (read === null) throw new Error(`account ${config.name} is shown and was not read`);
  return {
    account: config.name,
    standing,
    ...reasonOf(whoActs(read.status)),
    since,
    keyAge: keyAgeOf(read, config, now),
    next: nextDateOf(read, config, now),
  };
};

/** What a person learns first. */
export const headlineOf = (counts: Readonly<Record<Standing, number>>): string => {
  const people = counts.blocked + counts.stalled + counts.overdue + counts.person;
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (all === 0) return "No account is configured";
  if (people > 0) return `${accounts(people)} ${people === 1 ? "needs" : "need"} a person`;
  if (counts.app > 0)
    return `No one has to act here; ${accounts(counts.app)} ${counts.app === 1 ? "waits" : "wait"} for an app`;
  return all === 1 ? "The account is fine" : `All ${all.toLocaleString("en-US")} accounts are fine`;
};

const accounts = (count: number): string => `${count.toLocaleString("en-US")} account${count === 1 ? "" : "s"}`;
