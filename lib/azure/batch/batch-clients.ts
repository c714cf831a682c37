import type { SubscriptionArmOptions } from "../sdk/arm-options";
import { BatchManagementClient } from "@azure/arm-batch";
import { ArmAllowances, LastLooks, limitRequests, noRetries, readingRetries, stopAtLongWaits } from "../sdk/pipeline";

interface SubscriptionClients {
  readonly reading: BatchManagementClient;
  /**
   * Never repeats a request: one `regenerateKey()` on a client that does can rotate up to four times and report one
   * success.
   */
  readonly regenerating: BatchManagementClient;
  /** Of the client that regenerates. */
  readonly lastLooks: LastLooks;
}

/** The clients of each subscription. */
export class BatchClients {
  readonly #bySubscription = new Map<string, SubscriptionClients>();

  readonly #allowances: ArmAllowances;

  constructor(readonly options: SubscriptionArmOptions) {
    this.#allowances = options.allowances ?? new ArmAllowances();
  }

  of(subscriptionId: string): SubscriptionClients {
    const known = this.#bySubscription.get(subscriptionId.toLowerCase());
    if (known !== undefined) return known;
    const { credential, armEndpoint, armScope } = this.options;
    const allowance = limitRequests(this.#allowances);
    const lastLooks = new LastLooks();
    const common = { endpoint: armEndpoint, credentialScopes: [armScope] };
    const clients = {
      reading: new BatchManagementClient(credential, subscriptionId, {
        ...common,
        retryOptions: readingRetries,
        additionalPolicies: [allowance, stopAtLongWaits],
      }),
      regenerating: new BatchManagementClient(credential, subscriptionId, {
        ...common,
        retryOptions: noRetries,
        additionalPolicies: [allowance, lastLooks.policy],
      }),
      lastLooks,
    };
    this.#bySubscription.set(subscriptionId.toLowerCase(), clients);
    return clients;
  }
}
