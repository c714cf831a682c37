import { networkRemedies, passingRemedies } from "../../../remedies";
import type { Diagnosis } from "./failure-row";

interface NetworkRow {
  readonly code: RegExp;
  /** Each of them a code that the pattern matches. */
  readonly examples: readonly string[];
  readonly lasts: "Unreachable" | null;
  readonly cause: string;
  readonly remedy: string;
}

/** Failures without an answer: codes of Node, of its `fetch` (UND_ERR_…) and of this project's own policies. */
export const networkFailures: readonly NetworkRow[] = [
  {
    code: /^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/,
    examples: ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"],
    lasts: "Unreachable",
    cause: "the certificate is not valid at this time",
    remedy: networkRemedies.expired,
  },
  {
    code: /^(ERR_TLS_CERT_|HOSTNAME_MISMATCH)/,
    examples: ["ERR_TLS_CERT_ALTNAME_INVALID", "HOSTNAME_MISMATCH"],
    lasts: "Unreachable",
    cause: "the certificate is of another host",
    remedy: networkRemedies.otherHost,
  },
  {
    code: /^(CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_|INVALID_CA|INVALID_PURPOSE)/,
    examples: ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT"],
    lasts: "Unreachable",
    cause: "the certificate is not trusted, as behind a proxy that opens TLS",
    remedy: networkRemedies.untrusted,
  },
  {
    code: /^ProxyRefused$/,
    examples: ["ProxyRefused"],
    lasts: "Unreachable",
    cause: "the proxy refuses the connection",
    remedy: networkRemedies.proxy,
  },
  {
    code: /^ENOTFOUND$/,
    examples: ["ENOTFOUND"],
    lasts: null,
    cause: "the host's name does not resolve",
    remedy: networkRemedies.unresolved,
  },
  {
    code: /^EAI_AGAIN$/,
    examples: ["EAI_AGAIN"],
    lasts: null,
    cause: "the name server does not answer",
    remedy: networkRemedies.nameServer,
  },
  {
    code: /^ECONNREFUSED$/,
    examples: ["ECONNREFUSED"],
    lasts: null,
    cause: "the connection was refused",
    remedy: networkRemedies.refused,
  },
  {
    code: /^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/,
    examples: ["EHOSTUNREACH", "ENETUNREACH"],
    lasts: null,
    cause: "there is no route to the host",
    remedy: networkRemedies.noRoute,
  },
  {
    code: /^(ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/,
    examples: ["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"],
    lasts: null,
    cause: "no connection came about in time",
    remedy: networkRemedies.noRoute,
  },
  {
    code: /^(ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET)$/,
    examples: ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"],
    lasts: null,
    cause: "the connection was cut",
    remedy: networkRemedies.cut,
  },
  {
    code: /^(AbortError|TimeoutError|UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT)$/,
    examples: ["AbortError", "TimeoutError", "UND_ERR_HEADERS_TIMEOUT"],
    lasts: null,
    cause: "no answer came in time",
    remedy: networkRemedies.slow,
  },
  {
    code: /^RateLimited$/,
    examples: ["RateLimited"],
    lasts: null,
    cause: "the subscription's allowance of writes is used up",
    remedy: passingRemedies.conflict(),
  },
];

/** Null for a code of no known meaning. */
export const networkDiagnosis = (code: string | null): Diagnosis | null => {
  const row = networkFailures.find((each) => code !== null && each.code.test(code));
  return row === undefined ? null : { lasts: row.lasts, cause: row.cause, remedy: row.remedy };
};
