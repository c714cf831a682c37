import type { WaitingReason } from "../reasons";

/** Who can move an account on: an operator, the owner of an app, or the rotator, which does it by itself. */
export type Actor = "person" | "app" | "rotator";

/** What the command line and the routes can do about it. */
export type Action = "approve" | "rollback" | "resume" | "resume-fleet" | "rotate" | "check" | "readers";

interface Step {
  /** Empty where nothing has to be decided first. */
  readonly when: string;
  readonly action: Action;
}

export interface Advice {
  readonly actor: Actor;
  /** What to do, as an order. */
  readonly todo: string;
  readonly steps: readonly Step[];
}

const app = (todo: string, ...steps: readonly Step[]): Advice => ({ actor: "app", todo, steps });
const person = (todo: string, ...steps: readonly Step[]): Advice => ({ actor: "person", todo, steps });
const rotator = (todo: string, ...steps: readonly Step[]): Advice => ({ actor: "rotator", todo, steps });

const check: Step = { when: "", action: "check" };
const readers: Step = { when: "", action: "readers" };
const ifGone: Step = { when: "only if it runs no more", action: "approve" };
const ifKeyIsCause: Step = { when: "if the new key is the cause", action: "rollback" };
const wait = "wait: it passes by itself";

/** What moves an account on that waits for this reason. */
export const adviceFor = {
  DryRun: person("set ROTATION_DRY_RUN to false when the reported steps are right"),
  NewerConfiguration: rotator("wait, or restart the app so that no older process is left"),
  Paused: person("resume it when the cause of the pause is gone", { when: "", action: "resume" }),
  Blackout: rotator(wait),
  OutsideWindow: rotator(wait, { when: "to start it now", action: "rotate" }),
  FleetStopped: person("correct what failed in the accounts that it names", { when: "then", action: "resume-fleet" }),
  CanaryPending: rotator("look at the canary that it names: the others follow it"),
  FleetLimit: rotator("look at the rotations that it names: their places come free when they end"),
  Claimed: rotator(wait),
  BackingOff: rotator("wait for the next attempt; if it lasts, find what is in the way", check),
  OutcomeUnknown: rotator(wait),
  NewKeyNotAcceptedYet: rotator("wait; if it lasts, check the health of Batch", check),
  OldKeyStillAccepted: rotator("wait; if it lasts, check the health of Batch", check),
  TargetKeyRefused: rotator("wait; if it lasts, check the health of Batch and of the account", check),
  KeyListStale: rotator(wait),
  ApprovalPending: person("approve when all apps run on the new key", { when: "", action: "approve" }),
  DelayNotElapsed: rotator(wait),
  NoSignalYet: app("start the app, and check that it reaches the route for signals", ifGone),
  SignalStale: app("check that the app runs and reaches the route for signals", ifGone),
  InstancesMissing: app("start the missing instances, or correct their number in the configuration", ifGone),
  OnPreviousKey: app("restart that instance, so that it reads the new secret", ifGone),
  ProofMissing: app("let that instance sign its reports, or set its proof to optional", ifGone),
  Unhealthy: app("read the app's log", ifKeyIsCause),
  SoakNotElapsed: rotator(wait),
  KeyInAccount: person("take the copy out of the place that it names, or end that job", {
    when: "only if nothing needs that copy",
    action: "approve",
  }),
  UnknownReader: person("name the reader as a consumer, or take its right to the secret away", readers),
  PinnedVersion: app("take the version out of the reference of the app that it names"),
  RefreshFailed: app("correct the reference of the app that it names, or the right of its identity"),
  RefreshPending: rotator(wait),
  NeedsSignal: app("let the app report: its platform cannot show which key it uses", ifGone),
  EvidenceTooWeak: app("let the app report, or accept weaker evidence in the configuration", ifGone),
} as const satisfies Record<WaitingReason, Advice>;

const unknown = person("read the reason in docs/operate.md: this release does not know it");

const isKnown = (reason: string): reason is keyof typeof adviceFor => Object.hasOwn(adviceFor, reason);

/** Of any reason: the app may be newer than the command line. */
export const adviceOf = (reason: string): Advice => (isKnown(reason) ? adviceFor[reason] : unknown);

/** An account that is blocked: its remedy comes first. */
export const adviceWhenBlocked: Advice = person("", check, { when: "then", action: "resume" });

/** An account that is overdue for no reason of the above. */
export const adviceWhenOverdue: Advice = person("start it", { when: "", action: "rotate" });
