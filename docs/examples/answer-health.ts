/**
 * For an app with a `healthUrl`: the answer to `GET` with the header `x-rotation-nonce`.
 * The proof signs the nonce; the line before it is empty because the answer has no `at`.
 */
import { createHmac } from "node:crypto";

export interface Instance {
  readonly account: string;
  readonly consumer: string;
  readonly instance: string;
  /** The version of the secret that this instance works with, and its value. */
  readonly secretVersion: string;
  readonly key: string;
  readonly healthy: boolean;
}

export const answerHealth = ({ key, ...claims }: Instance, nonce: string): string => {
  const { account, consumer, instance, secretVersion, healthy } = claims;
  const lines = ["batch-key-proof-pull-v1", account, consumer, instance, secretVersion, String(healthy), "", nonce];
  const proof = createHmac("sha256", Buffer.from(key, "base64")).update(lines.join("\n"), "utf8").digest("base64");
  return JSON.stringify({ consumer, instance, secretVersion, healthy, proof });
};
