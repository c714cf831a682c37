import * as fc from "fast-check";
import { createHmac } from "node:crypto";
import { type ProofClaims, proofHolds, proofMessage } from "../../../lib/signals/proof";
import { aKey, otherKeyText } from "../../builders/key";

const claims: ProofClaims = {
  account: "render-weu",
  consumer: "render-api",
  instance: "vm-1",
  secretVersion: "22222222222222222222222222222222",
  healthy: true,
  leaving: false,
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
    expect(proofMessage(claims, null)).toBe(
      "batch-key-proof-v1\nrender-weu\nrender-api\nvm-1\n22222222222222222222222222222222\ntrue\n2026-11-22T10:00:00Z",
    );
  });

  it("holds for the worked example", () => {
    expect(proofHolds(claims, null, workedExample, aKey())).toBe(true);
  });

  it("of an unhealthy instance signs `false`", () => {
    const lines = ["batch-key-proof-v1", "render-weu", "render-api", "vm-1", claims.secretVersion, "false", claims.at];
    expect(proofHolds({ ...claims, healthy: false }, null, sign(lines), aKey())).toBe(true);
  });

  const nonce = "01JDF00000000000000000NONC";

  /** Made with Python's hmac as well, with `at` and with an empty line in its place. */
  it.each([
    [claims.at, "yfIp+HDPu/bqk7JI44W4GIFhpn9ZSFO9z3mUxrnfN5Q="],
    ["", "fOdJbVq409vKcqMgfwg6djfv+P/tIkpYgqPglOq75Ko="],
  ])("of an answer to a health request has a first line of its own and signs the nonce last (at %p)", (at, proof) => {
    expect(proofMessage({ ...claims, at }, nonce)).toBe(
      `batch-key-proof-pull-v1\nrender-weu\nrender-api\nvm-1\n${claims.secretVersion}\ntrue\n${at}\n${nonce}`,
    );
    expect(proofHolds({ ...claims, at }, nonce, proof, aKey())).toBe(true);
  });

  it("of an answer is no proof of a posted signal, and the reverse, whatever instant and nonce", () => {
    const text = fc.string({ maxLength: 40 });
    fc.assert(
      fc.property(text, text, text, (at, other, asked) => {
        const pulled = aKey()
          .sign(proofMessage({ ...claims, at }, asked))
          .toString("base64");
        const posted = aKey()
          .sign(proofMessage({ ...claims, at }, null))
          .toString("base64");
        expect(proofHolds({ ...claims, at: other }, null, pulled, aKey())).toBe(false);
        expect(proofHolds({ ...claims, at: asked }, null, pulled, aKey())).toBe(false);
        expect(proofHolds({ ...claims, at: other }, asked, posted, aKey())).toBe(false);
        expect(proofHolds({ ...claims, at: "" }, at, posted, aKey())).toBe(false);
      }),
    );
  });

  it.each<[keyof ProofClaims, ProofClaims]>([
    ["account", { ...claims, account: "render-neu" }],
    ["consumer", { ...claims, consumer: "render-apl" }],
    ["instance", { ...claims, instance: "vm-2" }],
    ["secretVersion", { ...claims, secretVersion: "22222222222222222222222222222223" }],
    ["healthy", { ...claims, healthy: false }],
    ["leaving", { ...claims, leaving: true }],
    ["at", { ...claims, at: "2026-11-22T10:00:01Z" }],
    ["at", { ...claims, at: "2026-11-22T10:00:00.000Z" }],
    ["at", { ...claims, at: "2026-11-22T11:00:00+01:00" }],
  ])("is refused if %s was altered", (_field, altered) => {
    expect(proofHolds(altered, null, workedExample, aKey())).toBe(false);
  });

  it("is refused if it was made with another key", () => {
    expect(proofHolds(claims, null, workedExample, aKey(otherKeyText))).toBe(false);
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
    expect(proofHolds(claims, null, altered, aKey())).toBe(false);
  });

  it.each([
    ["signed with the text of the key instead of its bytes", createHmac("sha256", aKey().reveal())],
    ["signed with SHA-512", createHmac("sha512", Buffer.from(aKey().reveal(), "base64"))],
  ])("is refused if it was %s", (_what, hmac) => {
    expect(proofHolds(claims, null, hmac.update(proofMessage(claims, null)).digest("base64"), aKey())).toBe(false);
  });
});
