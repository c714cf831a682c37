import { randomUUID } from "node:crypto";
import type { AuditLines } from "./audit-lines";
import { claimsOfToken } from "./log-analytics";
import { operationOf, type Operation, type SecretAction, type VaultRoute } from "./vault-operations";
import { SecretRequests } from "./secret-requests";
import { judgeToken } from "./tokens";
import { badParameter, challenge, forbiddenByRbac, refusedByPolicy, vaultError, vaultIsReadOnly } from "./vault-errors";
import type { VaultStore } from "./vault-store";
import {
  type Answer,
  type Call,
  headerOf,
  jsonObjectIn,
  unknownRoute,
  withHeaders,
  type WireRequest,
  type WireService,
} from "./wire";

export type { SecretAction } from "./vault-operations";

/** Operations as the audit log names them. */
const auditNames = {
  "vault.setSecret": "SecretSet",
  "vault.getSecret": "SecretGet",
  "vault.getSecretVersion": "SecretGet",
  "vault.updateSecret": "SecretUpdate",
  "vault.listVersions": "SecretListVersions",
  "vault.deleteSecret": "SecretDelete",
  "vault.getDeletedSecret": "SecretGetDeleted",
  "vault.recoverSecret": "SecretRecover",
} as const satisfies Record<VaultRoute, string>;

/** The secrets of one vault. The checks are in the service's order: token, rights, request. */
export class KeyVault implements WireService {
  readonly #denied = new Set<SecretAction>();
  readonly #requests: SecretRequests;
  #readOnly = false;
  #policyInnerCode: string | null = null;

  constructor(
    private readonly name: string,
    private readonly store: VaultStore,
    private readonly url: () => string,
    /** Every request that an identity was named for has a line there. */
    private readonly audit: AuditLines,
  ) {
    this.#requests = new SecretRequests(store, url);
  }

  deny(action: SecretAction): void {
    this.#denied.add(action);
  }

  allow(action: SecretAction): void {
    this.#denied.delete(action);
  }

  setReadOnly(readOnly: boolean): void {
    this.#readOnly = readOnly;
  }

  refuseByPolicy(innerCode: string | null): void {
    this.#policyInnerCode = innerCode;
  }

  refuse(status: number, code: string, message: string): Answer {
    return withHeaders(vaultError(status, code, message), this.#commonHeaders());
  }

  receive(request: WireRequest): Call {
    const operation = operationOf(request);
    if (operation === null) return unknownRoute(this, "vault.unknown", request);
    const verdict = judgeToken(headerOf(request, "authorization"), ["https://vault.azure.net"]);
    const echoed = headerOf(request, "x-ms-client-request-id");
    const headers = { ...this.#commonHeaders(), ...(echoed === null ? {} : { "x-ms-client-request-id": echoed }) };
    const subject = operation.secret;
    return verdict === "valid"
      ? { route: operation.route, subject, apply: () => withHeaders(this.#audited(request, operation), headers) }
      : { route: "vault.challenge", subject, apply: () => withHeaders(challenge(verdict), headers) };
  }

  /** A line names in its `Id` the version that was answered, whatever was asked for. */
  #audited(request: WireRequest, operation: Operation): Answer {
    const answer = this.#admit(request, operation);
    const body = jsonObjectIn(answer.body);
    const version = operation.version === null ? "" : `/${operation.version}`;
    const asked = `${this.url()}/secrets/${operation.secret}${version}`;
    this.audit.add({
      TimeGenerated: this.store.now(),
      OperationName: auditNames[operation.route],
      HttpStatusCode: answer.status,
      Id: answer.status === 200 && typeof body?.["id"] === "string" ? body["id"] : asked,
      RequestUri: `${this.url()}${request.target}`,
      CallerIpAddress: "203.0.113.10",
      ClientInfo: headerOf(request, "user-agent") ?? "",
      Identity: { claim: claimsOfToken(headerOf(request, "authorization")) },
    });
    return answer;
  }

  #admit(request: WireRequest, operation: Operation): Answer {
    if (this.#denied.has(operation.action)) return forbiddenByRbac(operation.action, this.name, operation.secret);
    if ((request.query.get("api-version") ?? "") === "") return badParameter("api-version must be specified");
    if (this.#readOnly && request.method !== "GET") return vaultIsReadOnly();
    if (operation.route === "vault.setSecret" && this.#policyInnerCode !== null) {
      return refusedByPolicy(this.#policyInnerCode);
    }
    return this.#requests.answer(request, operation);
  }

  #commonHeaders(): Readonly<Record<string, string>> {
    return {
      "cache-control": "no-cache",
      pragma: "no-cache",
      expires: "-1",
      "strict-transport-security": "max-age=31536000;includeSubDomains",
      "x-content-type-options": "nosniff",
      "x-ms-keyvault-region": "westeurope",
      "x-ms-keyvault-service-version": "1.9.2900.1",
      "x-ms-request-id": randomUUID(),
    };
  }
}
