/**
 * A first seed that no run has had: the clock in seconds, times a million. So runs of up to a million histories have
 * no seed in common, unless they begin within one second.
 */
export const freshSeed = (): number => Math.floor(Date.now() / 1000) * 1_000_000;
