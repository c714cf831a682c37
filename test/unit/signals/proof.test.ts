import { createHmac } from "node:crypto";
import { type ProofClaims, proofHolds, proofMessage } from "../../../lib/signals/proof";
import { aKey, otherKeyText } from "../../builders/key";

const claims: ProofClaims = {
  account: "render-weu",
  consumer: "render-api",
  instance: "vm-1",
  secretVersion: "22222222222222222222222222222222",
  healthy: true,
  at: "2026-11-22T10:00:00Z",
};

/** Made with Python's hmac from the text of the contract; the key is the bytes 0 to 63. */
const workedExample = "pS8N2iy5aqYW96rAX8jN+VKwypXnxwURU4Ngyi3Yams=";

const sign = (lines: readonly string[]): string =>
  createHmac(
    "sha256",
    Uint8Array.from({ length: 64 }, (_, i) => i),
  )
    .update(lines.join("\n"))
    .digest("base64");

describe("a proof", () => {
  it("signs seven lines, each member as it was sent", () => {
    expect(proofMessage(claims)).toBe(
      "batch-key-proof-v1\nrender-weu\nrender-api\nvm-1\n22222222222222222222222222222222\ntrue\n2026-11-22T10:00:00Z",
    );
  });

  it("holds for the worked example", () => {
    expect(proofHolds(claims, workedExample, aKey())).toBe(true);
  });

  it("of an unhealthy instance signs `false`", () => {
    const lines = ["batch-key-proof-v1", "render-weu", "render-api", "vm-1", claims.secretVersion, "false", claims.at];
    expect(proofHolds({ ...claims, healthy: false }, sign(lines), aKey())).toBe(true);
  });

  it("of an answer to a health request signs the nonce in place of `at`", () => {
    const nonce = "01JDF00000000000000000NONC";
    const lines = ["batch-key-proof-v1", "render-weu", "render-api", "vm-1", claims.secretVersion, "true", nonce];
    expect(proofHolds({ ...claims, at: nonce }, sign(lines), aKey())).toBe(true);
  });

  it.each<[keyof ProofClaims, ProofClaims]>([
    ["account", { ...claims, account: "render-neu" }],
    ["consumer", { ...claims, consumer: "render-apl" }],
    ["instance", { ...claims, instance: "vm-2" }],
    ["secretVersion", { ...claims, secretVersion: "22222222222222222222222222222223" }],
    ["healthy", { ...claims, healthy: false }],
    ["at", { ...claims, at: "2026-11-22T10:00:01Z" }],
    ["at", { ...claims, at: "2026-11-22T10:00:00.000Z" }],
    ["at", { ...claims, at: "2026-11-22T11:00:00+01:00" }],
  ])("is refused if %s was altered", (_field, altered) => {
    expect(proofHolds(altered, workedExample, aKey())).toBe(false);
  });

  it("is refused if it was made with another key", () => {
    expect(proofHolds(claims, workedExample, aKey(otherKeyText))).toBe(false);
  });

  it.each([
    ["nothing", ""],
    ["one bit", `${workedExample.slice(0, 5)}${workedExample[5] === "A" ? "B" : "A"}${workedExample.slice(6)}`],
    ["a part of it", workedExample.slice(0, 40)],
    ["more than it", `AAAA${workedExample}`],
    ["no base64", "?".repeat(44)],
    ["lower case", workedExample.toLowerCase()],
    ["hexadecimal digits", Buffer.from(workedExample, "base64").toString("hex")],
  ])("is refused if it is %s instead", (_what, altered) => {
    expect(proofHolds(claims, altered, aKey())).toBe(false);
  });

  it.each([
    ["signed with the text of the key instead of its bytes", createHmac("sha256", aKey().reveal())],
    ["signed with SHA-512", createHmac("sha512", Buffer.from(aKey().reveal(), "base64"))],
  ])("is refused if it was %s", (_what, hmac) => {
    expect(proofHolds(claims, hmac.update(proofMessage(claims)).digest("base64"), aKey())).toBe(false);
  });
});
