import { type HeaderReader, retryAfterMs } from "../retry-after";

/**
 * What is kept of an SDK's error. Never its message, body, request or cause: a truncated or unexpected answer puts both
 * account keys into the message, and a failed `setSecret` has the secret in its request.
 */
export interface SdkFailure {
  /**
   * `answered`: the service sent a status. `notSent`: the request certainly never reached it, also where the identity
   * got no token. `lost`: anything else.
   */
  readonly kind: "answered" | "notSent" | "lost";
  readonly statusCode: number | null;
  /** The service's code, a system's (`ECONNRESET`) or else the error's name. */
  readonly code: string | null;
  /** Key Vault says only here whether a secret is disabled or a right is missing. */
  readonly innerCode: string | null;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;
  /** The right that Resource Manager names as missing. Absent or null where it names none. */
  readonly deniedAction?: string | null;
}

/** Thrown by this project's own pipeline policies, which end a call before the SDK would. */
export class PipelineStop extends Error {
  override readonly name = "PipelineStop";
  constructor(readonly failure: SdkFailure) {
    super("the request was ended by a pipeline policy");
  }
}

const member = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? (Reflect.get(at, key) as unknown) : undefined),
    value,
  );

/** A code or an id is a short word: whatever else stands in its place (it could be a key) is dropped. */
const word = (value: unknown): string | null =>
  typeof value === "string" && /^[\w.-]{1,64}$/.test(value) ? value : null;

const isHeaderReader = (value: unknown): value is HeaderReader => typeof member(value, "get") === "function";

/** The identity's library names its errors so; none of them comes from the service that was to be called. */
const credentialErrors: readonly unknown[] = [
  "AggregateAuthenticationError",
  "AuthenticationError",
  "AuthenticationRequiredError",
  "CredentialUnavailableError",
];

/**
 * Failures before a connection exists, so before a request can be sent. A time-out is not among them: it may strike
 * later.
 */
const isBeforeSending = (code: string | null): boolean =>
  code !== null &&
  (["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED"].includes(code) ||
    /^(CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/.test(
      code,
    ));

/** Where the SDKs leave the service's code: Batch in `code`, Tables for a single entity only in `details`. */
const codeOf = (error: unknown): string | null =>
  word(member(error, "code")) ??
  word(member(error, "details", "odataError", "code")) ??
  word(member(error, "details", "errorCode"));

/** Key Vault's inner code; for a 401 it has none, but starts its message with a code of the form AKV10032. */
const innerCodeOf = (error: unknown): string | null => {
  const message = member(error, "details", "error", "message");
  return (
    word(member(error, "details", "error", "innerError", "code")) ??
    (typeof message === "string" ? (/^AKV\d{5}\b/.exec(message)?.[0] ?? null) : null)
  );
};

/**
 * What an error of the identity's library means: Entra's own code; `IdentityRefused` where the identity endpoint does
 * not give a token to this identity; `IdentityUnreachable` where it does not answer. Any other name stays.
 */
const credentialCode = (error: unknown, name: string | null, statusCode: number | null): string | null => {
  const description = member(error, "errorResponse", "errorDescription");
  const entra = typeof description === "string" ? (/^AADSTS\d{5,7}\b/.exec(description)?.[0] ?? null) : null;
  if (entra !== null) return entra;
  // MSAL says only in its own error what the endpoint answered.
  const answer = member(error, "cause", "status");
  if (name === "CredentialUnavailableError" && [400, 401, 403, 404].some((status) => status === answer))
    return "IdentityRefused";
  if (member(error, "cause", "errorCode") === "network_error") return "IdentityUnreachable";
  const refused = statusCode !== null && [400, 401, 403].includes(statusCode);
  return name === "AuthenticationError" && !refused ? "IdentityUnreachable" : name;
};

const unanswered = (kind: SdkFailure["kind"], code: string | null): SdkFailure => ({
  kind,
  statusCode: null,
  code,
  innerCode: null,
  requestId: null,
  retryAfterMs: null,
});

/** Reads whatever an SDK call has thrown. Recognised by shape: each SDK brings its own copy of the error's class. */
export const readFailure = (error: unknown): SdkFailure => {
  if (error instanceof PipelineStop) return error.failure;
  const name = word(member(error, "name"));
  const statusCode = Number(member(error, "statusCode")) || null;
  if (credentialErrors.includes(name)) return unanswered("notSent", credentialCode(error, name, statusCode));
  const code = codeOf(error);
  if (statusCode === null) {
    return unanswered(isBeforeSending(code) ? "notSent" : "lost", code ?? name);
  }
  const headers = member(error, "response", "headers");
  return { ...answered(statusCode, isHeaderReader(headers) ? headers : null), code, innerCode: innerCodeOf(error) };
};

/** A status that was read without an SDK's error. */
export const answered = (statusCode: number, headers: HeaderReader | null): SdkFailure => ({
  kind: "answered",
  statusCode,
  code: null,
  innerCode: null,
  requestId: headers === null ? null : requestIdOf(headers),
  retryAfterMs: headers === null ? null : retryAfterMs(headers),
});

/** A request that one of this project's policies did not let out. */
export const notSent = (code: string): SdkFailure => unanswered("notSent", code);

/** The service's id of a request, from the headers of its answer. */
export const requestIdOf = (headers: HeaderReader): string | null => word(headers.get("x-ms-request-id"));
