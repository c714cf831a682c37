import type { OperatorAction } from "../operations/operate-account";
import type { StatusBody } from "../operations/status/status";

/** What an order does, for a person who is about to give it. */
export const orderWords = {
  approve: {
    title: "Approve",
    effect:
      "The rotation goes on from this phase although not every app has confirmed. " +
      "An app that still uses the old key loses it.",
  },
  rollback: {
    title: "Roll back",
    effect:
      "The previous key is published again, and the account is paused. Apps go back to it as they read the secret.",
  },
  pause: {
    title: "Pause",
    effect:
      "No step is taken until the account is resumed. Both keys go on working, and a dead published key is still " +
      "replaced.",
  },
  resume: {
    title: "Resume",
    effect: "The pause ends, or what is blocked is tried again at once.",
  },
} as const satisfies Record<OperatorAction, { readonly title: string; readonly effect: string }>;

/** The same of a stopped fleet. */
export const resumeFleetWords = {
  title: "Resume the fleet",
  button: "Resume",
  effect: "Failures from before count no more, and scheduled rotations start again, as the fleet allows.",
} as const;

const gated: ReadonlySet<string | null> = new Set(["adopting", "published", "settling"]);
const undoable: ReadonlySet<string | null> = new Set(["started", "regenerated", "published"]);

/** The orders that the account can take now. */
export const possibleOrders = ({ phase, waitingFor, paused, blocked }: StatusBody): readonly OperatorAction[] => [
  ...(gated.has(phase) && waitingFor !== null ? (["approve"] as const) : []),
  ...(undoable.has(phase) ? (["rollback"] as const) : []),
  ...(paused || blocked !== null ? (["resume"] as const) : []),
  ...(paused ? [] : (["pause"] as const)),
];
