import { emulatedTenant, issueToken } from "./tokens";
import { type Answer, type Call, headerOf, jsonAnswer, unknownRoute, type WireRequest, type WireService } from "./wire";

export const appServicePath = "/msi/token";
/** What the service account of a pod presents. */
export const federatedToken = "token-of-the-service-account";
const imdsPath = "/metadata/identity/oauth2/token";

export interface IdentityParts {
  /** The required value of `x-identity-header`. */
  readonly header: string;
  /** The lifetime of tokens in seconds, by the machine's clock. */
  lifetimeSeconds(): number;
}

/** Managed identity in both forms: App Service (`IDENTITY_ENDPOINT`) and the metadata service of a virtual machine. */
export class ManagedIdentity implements WireService {
  constructor(private readonly parts: IdentityParts) {}

  refuse(status: number, code: string, message: string): Answer {
    return jsonAnswer(status, { error: code, error_description: message });
  }

  receive(request: WireRequest): Call {
    const subject = request.query.get("resource");
    const path = request.path.replace(/\/$/, "");
    if (request.method === "GET" && path === appServicePath) {
      return { route: "identity.token", subject, apply: () => this.#appService(request) };
    }
    if (request.method === "GET" && path === imdsPath) {
      return { route: "identity.imds", subject, apply: () => this.#imds(request) };
    }
    if (request.method === "POST" && path === `/${emulatedTenant}/oauth2/v2.0/token`) {
      return { route: "identity.federated", subject: null, apply: () => this.#federated(request) };
    }
    return unknownRoute(this, "identity.unknown", request);
  }

  #appService(request: WireRequest): Answer {
    if (headerOf(request, "x-identity-header") !== this.parts.header) {
      return this.refuse(401, "Unauthorized", "x-identity-header is missing or wrong");
    }
    if (request.query.get("api-version") !== "2019-08-01") {
      return this.refuse(400, "UnsupportedApiVersion", "api-version must be 2019-08-01");
    }
    return this.#token(request);
  }

  #imds(request: WireRequest): Answer {
    if (headerOf(request, "metadata")?.toLowerCase() !== "true") {
      return this.refuse(400, "invalid_request", "Required metadata header not specified");
    }
    if (request.query.get("api-version") === null) {
      return this.refuse(400, "invalid_request", "Required query variable 'api-version' is missing");
    }
    return this.#token(request);
  }

  /** Workload identity: the token of a Kubernetes service account for one of Microsoft Entra. */
  #federated({ body }: WireRequest): Answer {
    const form = new URLSearchParams(body.toString("utf8"));
    if (form.get("grant_type") !== "client_credentials") {
      return this.refuse(400, "unsupported_grant_type", "AADSTS70003: the grant type is not supported");
    }
    const assertion = form.get("client_assertion");
    const isBearer = form.get("client_assertion_type") === "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    if (!isBearer || assertion !== federatedToken) {
      return this.refuse(401, "invalid_client", "AADSTS700211: no matching federated identity record found");
    }
    const resource = (form.get("scope") ?? "").replace(/\/\.default$/, "");
    const { token } = issueToken({ resource, lifetimeSeconds: this.parts.lifetimeSeconds() });
    return jsonAnswer(200, { token_type: "Bearer", expires_in: this.parts.lifetimeSeconds(), access_token: token });
  }

  /** The answer must return the requested `resource` unchanged: the SDK caches the token under it. */
  #token({ query }: WireRequest): Answer {
    const resource = query.get("resource");
    if (resource === null || resource === "") {
      return this.refuse(400, "invalid_request", "Required query variable 'resource' is missing");
    }
    const clientId = query.get("client_id");
    const { token, expiresOn } = issueToken({
      resource,
      lifetimeSeconds: this.parts.lifetimeSeconds(),
      ...(clientId === null ? {} : { clientId }),
    });
    return jsonAnswer(200, {
      access_token: token,
      expires_on: expiresOn,
      resource,
      token_type: "Bearer",
      ...(clientId === null ? {} : { client_id: clientId }),
    });
  }
}
