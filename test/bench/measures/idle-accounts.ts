/** 500 in each subscription. */
const subscriptionOf = (index: number): string =>
  `00000000-0000-4000-8000-${String(Math.floor(index / 500)).padStart(12, "0")}`;

export const resourceIdOf = (index: number): string =>
  `/subscriptions/${subscriptionOf(index)}/resourceGroups/bench/providers/Microsoft.Batch/batchAccounts/bench${index}`;

/** The file of a configuration with this many accounts. */
export const configurationOf = (count: number): string =>
  JSON.stringify({
    defaults: { gate: { consumers: [{ name: "render-api" }] } },
    accounts: Array.from({ length: count }, (_, index) => ({
      name: `account-${index}`,
      resourceId: resourceIdOf(index),
    })),
  });
