/**
 * A first seed that no run has had: the clock in milliseconds. A history takes longer than a millisecond, so the seeds
 * of two runs, one after the other, do not overlap.
 */
export const freshSeed = (): number => Date.now();
