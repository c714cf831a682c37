import { createHmac } from "node:crypto";

const signed = (key: string, lines: readonly string[]): string =>
  createHmac("sha256", Buffer.from(key, "base64")).update(lines.join("\n"), "utf8").digest("base64");

/** A second implementation on purpose, from the text of the contract for apps. */
export const proofOf = (key: string, lines: readonly string[]): string => signed(key, ["batch-key-proof-v1", ...lines]);

/** The same for an answer to a health request. `lines`: the last one is the nonce. */
export const pullProofOf = (key: string, lines: readonly string[]): string =>
  signed(key, ["batch-key-proof-pull-v1", ...lines]);
