import { type Action, type Actor, type Advice, adviceOf, adviceWhenBlocked, adviceWhenOverdue } from "./advice";
import type { Phase } from "../phases";
import { type BlockedReason, blockedReasons } from "../reasons";
import type { Instant } from "../time/time";

/** How an account stands, the most urgent first: the order of every list for people. */
export const standings = {
  blocked: "blocked: a person must act",
  stalled: "stalled: waits for longer than it should",
  overdue: "overdue: should have begun",
  person: "waits for a person",
  app: "waits for an app",
  moving: "moves on by itself",
  idle: "idle",
} as const;

export type Standing = keyof typeof standings;

export const standingOrder: readonly Standing[] = Object.keys(standings).filter((name): name is Standing =>
  Object.hasOwn(standings, name),
);

interface Why {
  readonly reason: string;
  readonly since: Instant;
}

/** What is needed of an account's status, as `GET /api/accounts/{account}` shows it. */
export interface ShownAccount {
  readonly account: string;
  readonly phase: Phase | null;
  readonly secret: { readonly version: string | null };
  readonly rotation: { readonly id: string } | null;
  readonly waitingFor: (Why & { readonly detail: string }) | null;
  readonly blocked: (Why & { readonly remedy: string }) | null;
  readonly stalled: boolean;
  readonly overdue: boolean;
  readonly paused: boolean;
  readonly nextDueAt: Instant | null;
  readonly lastRotation: { readonly endedAt: Instant } | null;
}

/** One thing that a person can do next. */
export interface NextStep {
  /** When it is right; empty where nothing has to be decided first. */
  readonly when: string;
  readonly action: Action;
  /** The command as it is typed. A reason stands as `<why>`. */
  readonly command: string;
  readonly request: NextRequest;
}

export interface NextRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** With the preconditions: what the decision was made on. */
  readonly body: Readonly<Record<string, string | null>> | null;
}

export interface WhoActs {
  readonly standing: Standing;
  readonly actor: Actor;
  /** Null where it waits for nothing. */
  readonly reason: string | null;
  /** Why, in one sentence. */
  readonly sentence: string;
  readonly since: Instant | null;
  /** What to do, as an order; empty where there is nothing to do. */
  readonly todo: string;
  /** The next first. */
  readonly steps: readonly NextStep[];
}

/** Who must act on an account, why, since when, and what to do next. */
export const whoActs = (shown: ShownAccount): WhoActs => {
  const { blocked, waitingFor } = shown;
  if (blocked !== null) {
    return withSteps(shown, adviceWhenBlocked, {
      standing: "blocked",
      reason: blocked.reason,
      sentence: blockedSentence(blocked.reason),
      since: blocked.since,
      todo: blocked.remedy,
    });
  }
  if (waitingFor === null) return unhindered(shown);
  const advice = adviceOf(waitingFor.reason);
  const { reason, detail: sentence, since } = waitingFor;
  const { todo } = advice;
  return withSteps(shown, advice, { standing: standingOf(shown, advice.actor), reason, sentence, since, todo });
};

const standingOf = ({ stalled, overdue }: ShownAccount, actor: Actor): Standing => {
  if (stalled) return "stalled";
  if (overdue) return "overdue";
  return actor === "rotator" ? "moving" : actor;
};

const isBlockedReason = (reason: string): reason is BlockedReason => Object.hasOwn(blockedReasons, reason);

const blockedSentence = (reason: string): string =>
  isBlockedReason(reason) ? blockedReasons[reason] : "a condition that lasts until a person acts";

const automatic: Advice = { actor: "rotator", todo: "", steps: [] };

/** An account that waits for nothing. */
const unhindered = (shown: ShownAccount): WhoActs => {
  const { phase, stalled, overdue, paused, nextDueAt, lastRotation } = shown;
  const since = phase === "idle" ? (lastRotation?.endedAt ?? null) : null;
  if (overdue) {
    const sentence = `due since ${nextDueAt} and not started`;
    const { todo } = adviceWhenOverdue;
    return withSteps(shown, adviceWhenOverdue, { standing: "overdue", reason: null, sentence, since: nextDueAt, todo });
  }
  if (paused) {
    const advice = adviceOf("Paused");
    const sentence = "paused: no rotation starts until it is resumed";
    return withSteps(shown, advice, { standing: "person", reason: "Paused", sentence, since: null, todo: advice.todo });
  }
  if (phase === "idle") {
    const sentence = `every app is on the published key; the next rotation is due at ${nextDueAt}`;
    return withSteps(shown, automatic, { standing: "idle", reason: null, sentence, since, todo: "" });
  }
  const sentence = phase === null ? "the next run of the timer adopts it" : "the next run of the timer moves it on";
  const standing = stalled ? "stalled" : "moving";
  return withSteps(shown, automatic, { standing, reason: null, sentence, since, todo: "" });
};

const withSteps = (shown: ShownAccount, advice: Advice, found: Omit<WhoActs, "actor" | "steps">): WhoActs => ({
  ...found,
  actor: advice.actor,
  steps: advice.steps
    .filter(({ action }) => isPossible(action, shown.phase))
    .map(({ when, action }) => ({
      when,
      action,
      command: commandOf(action, shown.account),
      request: requestOf(action, shown),
    })),
});

const undoable: ReadonlySet<Phase | null> = new Set(["started", "regenerated", "published"] as const);

/** A roll-back needs a rotation whose old key lives. */
const isPossible = (action: Action, phase: Phase | null): boolean => action !== "rollback" || undoable.has(phase);

/** Stands for the reason in a command or a body: it is replaced before it is sent. */
export const reasonToFill = "<why>";

const why = ` --reason "${reasonToFill}"`;
const reads: ReadonlySet<Action> = new Set(["check", "readers"] as const);

/** The command line that carries it out. */
export const commandOf = (action: Action, account: string): string => {
  const start = `npx batch-key-rotator ${action}`;
  if (action === "resume-fleet") return start + why;
  return `${start} ${account}${reads.has(action) ? "" : why}`;
};

const requestOf = (action: Action, shown: ShownAccount): NextRequest => {
  const reason = reasonToFill;
  if (action === "resume-fleet") return { method: "POST", path: "/api/fleet/resume", body: { reason } };
  const account = `/api/accounts/${shown.account}`;
  if (reads.has(action)) return { method: "GET", path: `${account}/${action}`, body: null };
  if (action === "rotate") return { method: "POST", path: `${account}/rotations`, body: { reason } };
  return { method: "POST", path: `${account}/${action}`, body: { reason, ...preconditionsOf(shown) } };
};

/** What the decision was made on: where one of them is different by then, nothing is changed. */
export const preconditionsOf = ({ phase, rotation, secret }: Pick<ShownAccount, "phase" | "rotation" | "secret">) => ({
  ...(phase === null ? {} : { phase }),
  rotationId: rotation?.id ?? null,
  secretVersion: secret.version,
});
