import { randomUUID } from "node:crypto";
import { armError, authorizationFailed, invalidToken } from "./arm-errors";
import { type ArmAction, type ArmOperation, armOperationOf } from "./arm-operations";
import { ArmPermissions, type PermissionsRequest, permissionsRequestOf } from "./arm-permissions";
import { BatchProvider } from "./batch-provider";
import type { BatchStore, StoredAccount } from "./batch-store";
import { AppServicesProvider } from "./platforms/app-services";
import type { ArmPlatform, PlatformOperation } from "./platforms/arm-platform";
import { ContainerAppsProvider } from "./platforms/container-apps";
import { DataFactoriesProvider } from "./platforms/data-factories";
import { RequestBuckets } from "./request-buckets";
import { isGraphQuery, ResourceGraphEmulator } from "./resource-graph";
import { judgeToken } from "./tokens";
import {
  type Answer,
  type Call,
  headerOf,
  unknownRoute,
  type WireRequest,
  type WireService,
  withHeaders,
} from "./wire";

const audiences = ["https://management.azure.com", "https://management.core.windows.net"];

export type KeyAction = "regenerateKeys" | "listKeys";

const keyActions: Readonly<Record<string, KeyAction>> = {
  "arm.listKeys": "listKeys",
  "arm.regenerateKeys": "regenerateKeys",
};

/** Resource Manager for Microsoft.Batch: authorises requests, and passes them to the provider. */
export class BatchArm implements WireService {
  readonly #denied = new Set<ArmAction>();
  /** The answer to a request for the caller's permissions. */
  readonly permissions = new ArmPermissions();
  readonly buckets: RequestBuckets;
  readonly graph: ResourceGraphEmulator;
  readonly #provider: BatchProvider;
  readonly appServices = new AppServicesProvider();
  readonly containerApps = new ContainerAppsProvider();
  readonly dataFactories = new DataFactoriesProvider();
  readonly #platforms: readonly ArmPlatform[] = [this.appServices, this.containerApps, this.dataFactories];
  /** Rights on resources of other services that the identity does not have, in lower case. */
  readonly #deniedActions = new Set<string>();

  constructor(
    private readonly store: BatchStore,
    dataPlaneHost: () => string,
    /** Notified of each action on the keys that succeeded. */
    private readonly onAction: (action: KeyAction, account: StoredAccount) => void = () => undefined,
  ) {
    this.buckets = new RequestBuckets(store.now);
    this.graph = new ResourceGraphEmulator(store);
    this.#provider = new BatchProvider(store, dataPlaneHost);
  }

  deny(action: ArmAction): void {
    this.#denied.add(action);
  }

  allow(action: ArmAction): void {
    this.#denied.delete(action);
  }

  /** Denies a right on resources of other services than Batch, as in a role definition. */
  denyAction(action: string): void {
    this.#deniedActions.add(action.toLowerCase());
  }

  allowAction(action: string): void {
    this.#deniedActions.delete(action.toLowerCase());
  }

  refuse(status: number, code: string, message: string): Answer {
    return withHeaders(armError(status, code, message), commonHeaders());
  }

  receive(request: WireRequest): Call {
    const asked = permissionsRequestOf(request);
    if (asked !== null) return this.#permissions(request, asked);
    if (isGraphQuery(request)) {
      const answer = (): Answer => this.#malformed(request) ?? this.graph.answer(request);
      return { route: "arm.queryResources", subject: null, apply: () => withHeaders(answer(), commonHeaders()) };
    }
    for (const platform of this.#platforms) {
      const found = platform.operationOf(request);
      if (found !== null) return this.#ofPlatform(request, found);
    }
    const operation = armOperationOf(request);
    if (operation === null) return unknownRoute(this, "arm.unknown", request);
    return {
      route: operation.route,
      subject: operation.account,
      apply: () => withHeaders(this.#admit(request, operation), commonHeaders()),
    };
  }

  #permissions(request: WireRequest, asked: PermissionsRequest): Call {
    const answer = (): Answer =>
      this.#malformed(request) ??
      this.buckets.answer("reads", asked.subscription, () => this.permissions.answer(request, asked, this.#denied));
    return {
      route: "arm.listPermissions",
      subject: asked.account,
      apply: () => withHeaders(answer(), commonHeaders()),
    };
  }

  #ofPlatform(
    request: WireRequest,
    { route, action, scope, subscription, kind, subject, answer }: PlatformOperation,
  ): Call {
    const isDenied = (): boolean => this.#deniedActions.has(action.toLowerCase());
    const admitted = (): Answer =>
      this.#malformed(request) ??
      (isDenied() ? authorizationFailed(action, scope) : this.buckets.answer(kind, subscription, answer));
    return { route, subject, apply: () => withHeaders(admitted(), commonHeaders()) };
  }

  /** The checks of Resource Manager before a provider receives the request. */
  #admit(request: WireRequest, operation: ArmOperation): Answer {
    const malformed = this.#malformed(request);
    if (malformed !== null) return malformed;
    if (this.#denied.has(operation.action)) {
      return authorizationFailed(`Microsoft.Batch/batchAccounts/${operation.action}`, operation.scope);
    }
    const kind = request.method === "GET" ? "reads" : "writes";
    return this.buckets.answer(kind, operation.subscription, () => {
      const answer = this.#provider.answer(request, operation);
      const [action, account] = [keyActions[operation.route], this.store.find(operation.account)];
      if (answer.status === 200 && action !== undefined && account !== null) this.onAction(action, account);
      return answer;
    });
  }

  /** The requirements of every request: a token and a version. */
  #malformed(request: WireRequest): Answer | null {
    const verdict = judgeToken(headerOf(request, "authorization"), audiences);
    if (verdict !== "valid") return invalidToken(verdict);
    const version = request.query.get("api-version") ?? "";
    if (version === "") {
      return armError(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
      );
    }
    if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version)) {
      return armError(400, "InvalidApiVersionParameter", `The api-version '${version}' is invalid.`);
    }
    return null;
  }
}

const commonHeaders = (): Readonly<Record<string, string>> => {
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
};
