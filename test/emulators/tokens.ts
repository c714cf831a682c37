import { randomUUID } from "node:crypto";
import { isObject } from "./wire";

/** The tenant and the identity of all tokens of the emulators. */
export const emulatedTenant = "11111111-1111-4111-8111-111111111111";
export const emulatedObjectId = "22222222-2222-4222-8222-222222222222";
export const systemAssignedClientId = "33333333-3333-4333-8333-333333333333";

export interface TokenRequest {
  /** Becomes the audience, exactly as given. */
  readonly resource: string;
  readonly clientId?: string;
  readonly lifetimeSeconds?: number;
}

export interface IssuedToken {
  readonly token: string;
  /** Seconds since 1970. */
  readonly expiresOn: number;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value), "utf8").toString("base64url");

/**
 * An unsigned access token. It uses the machine's clock, not a test's: the SDKs cache tokens by the machine's clock for
 * the whole process, so with a test clock advanced by months every cached token would be expired.
 */
export const issueToken = ({
  resource,
  clientId = systemAssignedClientId,
  lifetimeSeconds = 24 * 60 * 60,
}: TokenRequest): IssuedToken => {
  const issuedAt = Math.floor(Date.now() / 1000);
  const expiresOn = issuedAt + lifetimeSeconds;
  const claims = {
    aud: resource,
    iss: `https://sts.windows.net/${emulatedTenant}/`,
    iat: issuedAt,
    nbf: Math.min(issuedAt, expiresOn) - 300,
    exp: expiresOn,
    appid: clientId,
    idtyp: "app",
    oid: emulatedObjectId,
    sub: emulatedObjectId,
    tid: emulatedTenant,
    uti: randomUUID(),
    ver: "1.0",
  };
  return { token: `${encode({ typ: "JWT", alg: "none" })}.${encode(claims)}.`, expiresOn };
};

export type TokenVerdict = "valid" | "missing" | "malformed" | "wrongAudience" | "expired";

/** Checks an `Authorization` header for the audiences of a service; a trailing slash is ignored. */
export const judgeToken = (authorization: string | null, audiences: readonly string[]): TokenVerdict => {
  if (authorization === null || authorization === "") return "missing";
  const token = /^Bearer ([^ ]+)$/i.exec(authorization)?.[1];
  const claims = token === undefined ? null : claimsOf(token);
  if (claims === null) return "malformed";
  const { aud, exp, nbf, iss } = claims;
  if (typeof aud !== "string" || typeof exp !== "number" || typeof nbf !== "number") return "malformed";
  if (typeof iss !== "string" || !iss.startsWith("https://sts.windows.net/")) return "malformed";
  if (!audiences.some((audience) => withoutSlash(audience) === withoutSlash(aud))) return "wrongAudience";
  const now = Date.now() / 1000;
  return exp <= now || nbf > now ? "expired" : "valid";
};

const withoutSlash = (text: string): string => text.replace(/\/$/, "").toLowerCase();

const claimsOf = (token: string): Readonly<Record<string, unknown>> | null => {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return isObject(claims) ? claims : null;
  } catch {
    return null;
  }
};
