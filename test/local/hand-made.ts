import type { ConsumerCounts } from "./consumer-processes";
import type { Stage } from "./stage";
import type { AccountPlan } from "./staged-accounts";

/** A key in use that a person has regenerated, once every rotation was completed. */
export interface HandMade {
  readonly plan: AccountPlan;
  readonly slot: "primary" | "secondary";
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The most that calls may be refused for after a person has regenerated the key in use. */
export const maxRefusedMs = 3_000;

/** Null where the account has no active key. */
export const regenerateByHand = async (stage: Stage, plan: AccountPlan): Promise<HandMade | null> => {
  const { status } = await stage.rotator.status(plan.name);
  const slot = status?.activeSlot ?? null;
  if (slot === null) return null;
  const at = Date.now();
  stage.regenerateByHand(plan.batchAccountName, slot);
  return { plan, slot, at };
};

export interface Refused {
  /** Calls that were refused in the rotations. */
  readonly inRotations: number;
  /** Calls that were refused because of the key that a person regenerated. */
  readonly byHand: number;
  /** From the regeneration to the last call that was refused. Milliseconds. */
  readonly lastedMs: number;
}

/** A refusal of before the person came counts for the rotations, and with it all of that account. */
export const refusedCalls = ({ refused, refusals }: ConsumerCounts, handMade: HandMade | null): Refused => {
  const found = handMade === null ? undefined : refusals[handMade.plan.batchAccountName];
  if (handMade === null || found === undefined || found.firstAt < handMade.at)
    return { inRotations: refused, byHand: 0, lastedMs: 0 };
  return { inRotations: refused - found.count, byHand: found.count, lastedMs: found.lastAt - handMade.at };
};
