import { accountBody } from "./arm-account-body";
import { accountNotFound, armError, scopeLocked } from "./arm-errors";
import type { ArmOperation, ArmRoute } from "./arm-operations";
import {
  type AuthenticationMode,
  type BatchStore,
  resourceIdOf,
  type StoredAccount,
  sharedKeyAllowed,
} from "./batch-store";
import { type Answer, headerOf, isObject, jsonAnswer, jsonObjectOf, type WireRequest } from "./wire";

const modesKnown: readonly string[] = ["SharedKey", "AAD", "TaskAuthenticationToken"] satisfies AuthenticationMode[];
const slots = { Primary: "primary", Secondary: "secondary" } as const;

/** The resource provider behind Resource Manager: Batch's part of an authorised request. */
export class BatchProvider {
  pageSize = 50;

  constructor(
    private readonly store: BatchStore,
    private readonly dataPlaneHost: () => string,
  ) {}

  answer(request: WireRequest, operation: ArmOperation): Answer {
    const missing = this.#missingScope(operation);
    if (missing !== null) return missing;
    const answers = {
      "arm.listAccounts": () => this.#list(request, operation),
      "arm.listAccountsInGroup": () => this.#list(request, operation),
      "arm.getAccount": () => this.#withAccount(operation, (account) => this.#account(account)),
      "arm.updateAccount": () => this.#withAccount(operation, (account) => this.#update(account, request)),
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
    if (group !== null && !inSubscription.some(({ resourceGroup }) => same(resourceGroup, group))) {
      return armError(404, "ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
    }
    return null;
  }

  #withAccount(
    { subscription, group, account: name }: ArmOperation,
    answer: (account: StoredAccount) => Answer,
  ): Answer {
    const account = this.store.find(name ?? "");
    return account !== null && same(account.subscriptionId, subscription) && same(account.resourceGroup, group ?? "")
      ? answer(account)
      : accountNotFound(name ?? "", group ?? "");
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

  #list(request: WireRequest, { subscription, group }: ArmOperation): Answer {
    const all = this.store
      .all()
      .filter((account) => same(account.subscriptionId, subscription))
      .filter((account) => group === null || same(account.resourceGroup, group));
    const from = Number(request.query.get("$skiptoken") ?? 0);
    const next = from + this.pageSize;
    // The SDK follows the link unchanged, so it must lead to the requested host.
    const address = `https://${headerOf(request, "host") ?? ""}${request.path}`;
    const nextLink = `${address}?api-version=${request.query.get("api-version") ?? ""}&$skiptoken=${next}`;
    return jsonAnswer(200, {
      value: all.slice(from, next).map((account) => accountBody(account, this.dataPlaneHost())),
      ...(next < all.length ? { nextLink } : {}),
    });
  }

  #update(account: StoredAccount, request: WireRequest): Answer {
    if (account.lock === "ReadOnly") return scopeLocked(resourceIdOf(account), "write");
    const properties = jsonObjectOf(request)?.["properties"];
    if (!isObject(properties)) return armError(400, "InvalidRequestBody", "The request body holds no properties.");
    const { allowedAuthenticationModes: modes, ...others } = properties;
    // Ignoring them would look like success: the emulator stores only what a rotation depends on.
    if (Object.keys(others).length > 0) {
      return armError(501, "EmulatorPropertyUnknown", `the emulator cannot change ${Object.keys(others).join(", ")}`);
    }
    if (modes !== undefined) {
      if (modes !== null && !areModes(modes)) {
        return armError(400, "InvalidPropertyValue", "allowedAuthenticationModes holds an unknown mode.");
      }
      account.modes = modes;
      this.store.touch(account);
    }
    return this.#account(account);
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

const areModes = (value: unknown): value is readonly AuthenticationMode[] =>
  Array.isArray(value) && value.every((mode) => modesKnown.includes(mode));

const keysOf = ({ name, keys }: StoredAccount): Answer =>
  jsonAnswer(200, { accountName: name, primary: keys.primary.value, secondary: keys.secondary.value });
