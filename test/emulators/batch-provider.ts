import { accountBody } from "./arm-account-body";
import { accountNotFound, armError, scopeLocked } from "./arm-errors";
import type { ArmOperation, ArmRoute } from "./arm-operations";
import { type BatchStore, resourceIdOf, type StoredAccount, sharedKeyAllowed } from "./batch-store";
import { type Answer, jsonAnswer, jsonObjectOf, type WireRequest } from "./wire";

const slots = { Primary: "primary", Secondary: "secondary" } as const;

/** The resource provider behind Resource Manager: Batch's part of an authorised request. */
export class BatchProvider {
  constructor(
    private readonly store: BatchStore,
    private readonly dataPlaneHost: () => string,
  ) {}

  answer(request: WireRequest, operation: ArmOperation): Answer {
    const missing = this.#missingScope(operation);
    if (missing !== null) return missing;
    const answers = {
      "arm.getAccount": () => this.#withAccount(operation, (account) => this.#account(account)),
      "arm.listKeys": () => this.#withKeys(operation, keysOf),
      "arm.regenerateKeys": () => this.#withKeys(operation, (account) => this.#regenerate(account, request)),
    } satisfies Record<ArmRoute, () => Answer>;
    return answers[operation.route]();
  }

  /** Subscriptions and groups exist if they contain an account; the default subscription always exists. */
  #missingScope({ subscription, group }: ArmOperation): Answer | null {
    const inSubscription = this.store.all().filter(({ subscriptionId }) => same(subscriptionId, subscription));
    if (inSubscription.length === 0 && !same(subscription, this.store.defaultSubscriptionId)) {
      return armError(404, "SubscriptionNotFound", `The subscription '${subscription}' could not be found.`);
    }
    if (!inSubscription.some(({ resourceGroup }) => same(resourceGroup, group))) {
      return armError(404, "ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
    }
    return null;
  }

  #withAccount(
    { subscription, group, account: name }: ArmOperation,
    answer: (account: StoredAccount) => Answer,
  ): Answer {
    const account = this.store.find(name);
    return account !== null && same(account.subscriptionId, subscription) && same(account.resourceGroup, group)
      ? answer(account)
      : accountNotFound(name, group);
  }

  #withKeys(operation: ArmOperation, answer: (account: StoredAccount) => Answer): Answer {
    return this.#withAccount(operation, (account) => {
      if (account.lock === "ReadOnly") return scopeLocked(resourceIdOf(account), "write");
      // The specification says that these fail; status and code are not published.
      if (!sharedKeyAllowed(account)) {
        return armError(
          409,
          "OperationNotAllowed",
          "Account keys are not available, because SharedKey is not an allowed authentication mode of this account.",
        );
      }
      return answer(account);
    });
  }

  #account(account: StoredAccount): Answer {
    return jsonAnswer(200, accountBody(account, this.dataPlaneHost()), {
      etag: account.etag,
      "last-modified": account.modifiedAt.toUTCString(),
    });
  }

  #regenerate(account: StoredAccount, request: WireRequest): Answer {
    const keyName = jsonObjectOf(request)?.["keyName"];
    if (keyName !== "Primary" && keyName !== "Secondary") {
      return armError(400, "InvalidRequestBody", "keyName must be Primary or Secondary.");
    }
    this.store.regenerate(account, slots[keyName]);
    return keysOf(account);
  }
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const keysOf = ({ name, keys }: StoredAccount): Answer =>
  jsonAnswer(200, { accountName: name, primary: keys.primary.value, secondary: keys.secondary.value });
