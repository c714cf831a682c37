import { timingSafeEqual } from "node:crypto";
import type { BatchKey } from "../batch-key";

/** What a signal's proof signs, each member exactly as it was sent. */
export interface ProofClaims {
  readonly account: string;
  readonly consumer: string;
  readonly instance: string;
  readonly secretVersion: string;
  readonly healthy: boolean;
  /** The instance has ended. */
  readonly leaving: boolean;
  /** The signal's `at`; empty in an answer to a health request without one. */
  readonly at: string;
}

/**
 * The text that a proof signs. `nonce`: of the health request that is answered; null for a posted signal. The two have
 * first lines of their own: else a caller of a health URL could send future instants as nonces, and post the answers.
 * A report of leaving has a word of its own, so that no signal can be made into one.
 */
export const proofMessage = (claims: ProofClaims, nonce: string | null): string =>
  [
    nonce === null ? "batch-key-proof-v1" : "batch-key-proof-pull-v1",
    claims.account,
    claims.consumer,
    claims.instance,
    claims.secretVersion,
    claims.leaving ? "leaving" : String(claims.healthy),
    claims.at,
    ...(nonce === null ? [] : [nonce]),
  ].join("\n");

/** Whether `proof` (base64) is the HMAC-SHA256 of the claims (and the nonce) under this key. Constant time. */
export const proofHolds = (claims: ProofClaims, nonce: string | null, proof: string, key: BatchKey): boolean => {
  const expected = key.sign(proofMessage(claims, nonce));
  const given = Buffer.from(proof, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
};
