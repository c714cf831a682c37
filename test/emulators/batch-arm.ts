import { randomUUID } from "node:crypto";
import { accountNotFound, armError, authorizationFailed, invalidToken, scopeLocked } from "./arm-errors";
import { accountBody } from "./arm-account-body";
import {
  type AuthenticationMode,
  type BatchStore,
  resourceIdOf,
  sharedKeyAllowed,
  type StoredAccount,
} from "./batch-store";
import type { Route } from "./routes";
import { judgeToken } from "./tokens";
import { WriteBucket } from "./write-bucket";
import {
  type Answer,
  type Call,
  headerOf,
  isObject,
  jsonAnswer,
  jsonObjectOf,
  unknownRoute,
  withHeaders,
  type WireRequest,
  type WireService,
} from "./wire";

/** What the identity may be denied; the names are those of role definitions, under `Microsoft.Batch/batchAccounts/`. */
export type ArmAction = "read" | "write" | "listkeys/action" | "regeneratekeys/action";

const audiences = ["https://management.azure.com", "https://management.core.windows.net"];
const modesKnown: readonly string[] = ["SharedKey", "AAD", "TaskAuthenticationToken"] satisfies AuthenticationMode[];
const slots = { Primary: "primary", Secondary: "secondary" } as const;

/** What one route does, once the request is let in. */
interface Operation {
  readonly route: Route;
  readonly action: ArmAction;
  readonly scope: string;
  readonly subject: string | null;
  run(request: WireRequest): Answer;
}

/** Resource Manager for Microsoft.Batch. Path segments are matched without case, as Resource Manager does. */
export class BatchArm implements WireService {
  readonly #denied = new Set<ArmAction>();
  readonly #writes: WriteBucket;
  #pageSize = 50;

  constructor(
    private readonly store: BatchStore,
    private readonly dataPlaneHost: () => string,
  ) {
    this.#writes = new WriteBucket(store.now);
  }

  deny(action: ArmAction): void {
    this.#denied.add(action);
  }

  allow(action: ArmAction): void {
    this.#denied.delete(action);
  }

  limitWrites(on: boolean): void {
    this.#writes.enforced = on;
  }

  setPageSize(size: number): void {
    this.#pageSize = size;
  }

  refuse(status: number, code: string, message: string): Answer {
    return withHeaders(armError(status, code, message), this.#commonHeaders());
  }

  receive(request: WireRequest): Call {
    const operation = this.#operation(request);
    if (operation === null) return unknownRoute(this, "arm.unknown", request);
    return {
      route: operation.route,
      subject: operation.subject,
      apply: () => withHeaders(this.#admit(request, operation), this.#commonHeaders()),
    };
  }

  #operation(request: WireRequest): Operation | null {
    const account =
      /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Batch\/batchAccounts\/([^/]+)(?:\/([^/]+))?\/?$/i.exec(
        request.path,
      );
    if (account !== null) {
      const [scope, subscription = "", group = "", name = "", verb] = account.map((part) =>
        part === undefined ? part : decodeURIComponent(part),
      );
      return this.#accountOperation(`${request.method} ${verb?.toLowerCase() ?? ""}`, {
        subscription,
        group,
        name,
        scope: verb === undefined ? `${scope}` : `${scope}`.replace(/\/[^/]+\/?$/, ""),
      });
    }
    const list =
      /^(\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+))?)\/providers\/Microsoft\.Batch\/batchAccounts\/?$/i.exec(
        request.path,
      );
    if (list === null || request.method !== "GET") return null;
    const [, scope = "", subscription = "", group] = list;
    return {
      route: group === undefined ? "arm.listAccounts" : "arm.listAccountsInGroup",
      action: "read",
      scope,
      subject: null,
      run: (received) => this.#list(received, subscription, group ?? null),
    };
  }

  #accountOperation(verb: string, address: Address): Operation | null {
    const { name: subject, scope } = address;
    const of = (route: Route, action: ArmAction, run: (account: StoredAccount, request: WireRequest) => Answer) => ({
      route,
      action,
      scope,
      subject,
      run: (request: WireRequest) => this.#withAccount(address, (account) => run(account, request)),
    });
    switch (verb) {
      case "GET ":
        return of("arm.getAccount", "read", (account) => this.#account(account));
      case "PATCH ":
        return of("arm.updateAccount", "write", (account, request) => this.#update(account, request));
      case "POST listkeys":
        return of("arm.listKeys", "listkeys/action", (account) => this.#keyOperation(account, () => keysOf(account)));
      case "POST regeneratekeys":
        return of("arm.regenerateKeys", "regeneratekeys/action", (account, request) =>
          this.#keyOperation(account, () => this.#regenerate(account, request)),
        );
      default:
        return null;
    }
  }

  /** The checks that Resource Manager makes before a provider sees the request, in its order. */
  #admit(request: WireRequest, operation: Operation): Answer {
    const verdict = judgeToken(headerOf(request, "authorization"), audiences);
    if (verdict !== "valid") return invalidToken(verdict);
    const version = request.query.get("api-version");
    if (version === null || version === "") {
      return armError(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
      );
    }
    if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version)) {
      return armError(400, "InvalidApiVersionParameter", `The api-version '${version}' is invalid.`);
    }
    if (this.#denied.has(operation.action)) return authorizationFailed(operation.action, operation.scope);
    // Key operations count as writes, although listing only reads (observed in recordings).
    if (request.method === "GET") return operation.run(request);
    const taken = this.#writes.take();
    if (taken.retryAfterSeconds !== null) {
      return withHeaders(
        armError(
          429,
          "SubscriptionRequestsThrottled",
          "Number of write requests for the subscription exceeded the limit.",
        ),
        { "retry-after": `${taken.retryAfterSeconds}` },
      );
    }
    return withHeaders(operation.run(request), {
      "x-ms-ratelimit-remaining-subscription-writes": `${taken.remaining}`,
    });
  }

  #withAccount({ subscription, group, name }: Address, run: (account: StoredAccount) => Answer): Answer {
    const missing = this.#missingScope(subscription, group);
    if (missing !== null) return missing;
    const account = this.store.find(name);
    const here = account !== null && same(account.subscriptionId, subscription) && same(account.resourceGroup, group);
    return here ? run(account) : accountNotFound(name, group);
  }

  /** Subscriptions and groups exist where an account was ever added to them, and the default subscription always. */
  #missingScope(subscription: string, group: string | null): Answer | null {
    const inSubscription = this.store.all().filter(({ subscriptionId }) => same(subscriptionId, subscription));
    if (inSubscription.length === 0 && !same(subscription, this.store.defaultSubscriptionId)) {
      return armError(404, "SubscriptionNotFound", `The subscription '${subscription}' could not be found.`);
    }
    if (group !== null && !inSubscription.some(({ resourceGroup }) => same(resourceGroup, group))) {
      return armError(404, "ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
    }
    return null;
  }

  #account(account: StoredAccount): Answer {
    return jsonAnswer(200, accountBody(account, this.dataPlaneHost()), {
      etag: account.etag,
      "last-modified": account.modifiedAt.toUTCString(),
    });
  }

  #list(request: WireRequest, subscription: string, group: string | null): Answer {
    const missing = this.#missingScope(subscription, group);
    if (missing !== null) return missing;
    const all = this.store
      .all()
      .filter((account) => same(account.subscriptionId, subscription))
      .filter((account) => group === null || same(account.resourceGroup, group));
    const from = Number(request.query.get("$skiptoken") ?? 0);
    const next = from + this.#pageSize;
    const nextLink = new URL(request.path, `https://${headerOf(request, "host")}`);
    nextLink.search = `api-version=${request.query.get("api-version")}&$skiptoken=${next}`;
    return jsonAnswer(200, {
      value: all.slice(from, next).map((account) => accountBody(account, this.dataPlaneHost())),
      ...(next < all.length ? { nextLink: nextLink.href } : {}),
    });
  }

  #update(account: StoredAccount, request: WireRequest): Answer {
    if (account.lock === "ReadOnly") return scopeLocked(resourceIdOf(account), "write");
    const properties = jsonObjectOf(request)?.["properties"];
    if (!isObject(properties)) return armError(400, "InvalidRequestBody", "The request body holds no properties.");
    const { allowedAuthenticationModes: modes, ...others } = properties;
    // Silence would look like success: the emulator keeps only what the rotation depends on.
    if (Object.keys(others).length > 0) {
      return armError(501, "EmulatorPropertyUnknown", `the emulator cannot change ${Object.keys(others).join(", ")}`);
    }
    if (modes !== undefined) {
      if (modes !== null && !isModes(modes)) {
        return armError(400, "InvalidPropertyValue", "allowedAuthenticationModes holds an unknown mode.");
      }
      account.modes = modes;
      this.store.touch(account);
    }
    return this.#account(account);
  }

  #keyOperation(account: StoredAccount, run: () => Answer): Answer {
    if (account.lock === "ReadOnly") return scopeLocked(resourceIdOf(account), "write");
    // That these fail is in the specification's text; with which status and code is not published.
    if (!sharedKeyAllowed(account)) {
      return armError(
        409,
        "OperationNotAllowed",
        "Account keys are not available, because SharedKey is not an allowed authentication mode of this account.",
      );
    }
    return run();
  }

  #regenerate(account: StoredAccount, request: WireRequest): Answer {
    const keyName = jsonObjectOf(request)?.["keyName"];
    if (keyName !== "Primary" && keyName !== "Secondary") {
      return armError(400, "InvalidRequestBody", "keyName must be Primary or Secondary.");
    }
    this.store.regenerate(account, slots[keyName]);
    return keysOf(account);
  }

  #commonHeaders(): Readonly<Record<string, string>> {
    const id = randomUUID();
    return {
      "cache-control": "no-cache",
      pragma: "no-cache",
      expires: "-1",
      "strict-transport-security": "max-age=31536000; includeSubDomains",
      "x-content-type-options": "nosniff",
      "x-ms-request-id": id,
      "x-ms-correlation-request-id": id,
    };
  }
}

interface Address {
  readonly subscription: string;
  readonly group: string;
  readonly name: string;
  readonly scope: string;
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const isModes = (value: unknown): value is readonly AuthenticationMode[] =>
  Array.isArray(value) && value.every((mode) => modesKnown.includes(mode));

const keysOf = ({ name, keys }: StoredAccount): Answer =>
  jsonAnswer(200, { accountName: name, primary: keys.primary.value, secondary: keys.secondary.value });
