import type { ConsumerCounts } from "./consumer-processes";
import { patience } from "./patience";
import type { Stage } from "./stage";
import type { AccountPlan } from "./staged-accounts";

/** A key in use that a person has regenerated, once every rotation was completed. */
export interface ManualRegeneration {
  readonly plan: AccountPlan;
  readonly slot: "primary" | "secondary";
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The most that calls may be refused for after a person has regenerated the key in use. */
export const maxRefusedMs = 3_000 * patience;

/** Null where the account has no active key. */
export const regenerateManually = async (stage: Stage, plan: AccountPlan): Promise<ManualRegeneration | null> => {
  const { status } = await stage.rotator.status(plan.name);
  const slot = status?.activeSlot ?? null;
  if (slot === null) return null;
  const at = Date.now();
  stage.regenerateManually(plan.batchAccountName, slot);
  return { plan, slot, at };
};

export interface Refused {
  /** Calls that were refused in the rotations. */
  readonly inRotations: number;
  /** Calls that were refused because of the key that a person regenerated. */
  readonly afterManual: number;
  /** From the regeneration to the last call that was refused. Milliseconds. */
  readonly lastedMs: number;
}

/** A refusal of before the person came counts for the rotations, and with it all of that account. */
export const refusedCalls = ({ refused, refusals }: ConsumerCounts, manual: ManualRegeneration | null): Refused => {
  const found = manual === null ? undefined : refusals[manual.plan.batchAccountName];
  if (manual === null || found === undefined || found.firstAt < manual.at)
    return { inRotations: refused, afterManual: 0, lastedMs: 0 };
  return { inRotations: refused - found.count, afterManual: found.count, lastedMs: found.lastAt - manual.at };
};
