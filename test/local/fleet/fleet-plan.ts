/** What the demo of a fleet shows. */
export const plan = {
  accounts: 200,
  canaries: ["render001", "render002"],
  maxRotating: 12,
  failures: 3,
  /** This many rotations complete before an update of the apps breaks them with every new key. */
  completedBeforeUpdate: 2 + 2 * 12,
} as const;

export const accountNames: readonly string[] = Array.from(
  { length: plan.accounts },
  (_, index) => `render${String(index + 1).padStart(3, "0")}`,
);

export const tags = { "batch-key-rotator": "standard", "batch-key-consumers": "render-api" } as const;

/** `ROTATION_ACCOUNTS`: no account is listed. */
export const configuration = (vaultUrl: string, subscriptionId: string): object => ({
  profiles: {
    standard: {
      secret: { vaultUrl, name: "{account}-batch-key" },
      rotateEvery: "P60D",
      // These accounts run nothing. A search would read the keys of all of them once more, at 10 accounts a second.
      gate: { soak: "PT0S", signalFreshness: "PT1M", forgetInstanceAfter: "PT5M", searchAccount: false },
    },
  },
  discovery: { scope: { subscriptions: [subscriptionId] }, every: "PT1S" },
  fleet: {
    canaries: plan.canaries,
    maxRotating: plan.maxRotating,
    breaker: { failures: plan.failures, within: "P1D" },
  },
  accounts: [],
});
