import type { Instant } from "../time/time";

/** After this number of failed scheduled rotations within this time, no further scheduled one starts. */
export interface BreakerConfig {
  readonly failures: number;
  readonly withinMs: number;
}

/** From `from` on and before `to`, nothing scheduled starts. */
export interface Blackout {
  readonly from: Instant;
  readonly to: Instant;
  readonly reason: string;
}

/** What holds for the scheduled rotations of all accounts together. Rotations on demand are never held up. */
export interface FleetConfig {
  /** 0 to 0.5: the part of `rotateEvery` by which due dates move earlier, each by a hash of its resource id. */
  readonly spread: number;
  /** Scheduled rotations under way at once; null: any number. */
  readonly maxRotating: number | null;
  /** Names of accounts that rotate before the others. Some may be found only later, by their tag. */
  readonly canaries: readonly string[];
  readonly breaker: BreakerConfig | null;
  readonly blackouts: readonly Blackout[];
}

/** A fleet in which each account rotates whenever it is due. */
export const noFleetLimits: FleetConfig = {
  spread: 0,
  maxRotating: null,
  canaries: [],
  breaker: null,
  blackouts: [],
};
