import { timingSafeEqual } from "node:crypto";
import type { BatchKey } from "../batch-key";

/** What a signal's proof signs, each member exactly as it was sent. */
export interface ProofClaims {
  readonly account: string;
  readonly consumer: string;
  readonly instance: string;
  readonly secretVersion: string;
  readonly healthy: boolean;
  /** The signal's `at`; for an answer to a health request without one, the nonce. */
  readonly at: string;
}

export const proofMessage = (claims: ProofClaims): string =>
  [
    "batch-key-proof-v1",
    claims.account,
    claims.consumer,
    claims.instance,
    claims.secretVersion,
    String(claims.healthy),
    claims.at,
  ].join("\n");

/** Whether `proof` (base64) is the HMAC-SHA256 of the claims under this key. Constant time. */
export const proofHolds = (claims: ProofClaims, proof: string, key: BatchKey): boolean => {
  const expected = key.sign(proofMessage(claims));
  const given = Buffer.from(proof, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
};
