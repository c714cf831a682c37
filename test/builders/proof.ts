import { createHmac } from "node:crypto";

/** A second implementation on purpose, from the text of the contract for apps. */
export const proofOf = (key: string, lines: readonly string[]): string =>
  createHmac("sha256", Buffer.from(key, "base64"))
    .update(["batch-key-proof-v1", ...lines].join("\n"), "utf8")
    .digest("base64");
