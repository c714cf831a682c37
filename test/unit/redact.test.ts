import { withoutKeys } from "../../lib/redact";
import { keyText } from "../builders/key";

describe("free text", () => {
  it.each([
    ["nothing", ""],
    ["ordinary words", "AuthenticationFailed on node tvmps_1, job 42/7"],
    ["a version id and a request id", "22222222222222222222222222222222 6f3c2b1a-0d4e-4f5a-8b6c-7d8e9f0a1b2c"],
    ["a proof, which is not a key", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="],
    ["85 letters", "a".repeat(85)],
  ])("is unchanged with %s", (_what, text) => {
    expect(withoutKeys(text)).toBe(text);
  });

  it.each([
    ["alone", keyText, "[removed: looks like a key]"],
    ["without its padding", keyText.replace(/=+$/, ""), "[removed: looks like a key]"],
    ["in a sentence", `refused ${keyText}, sorry`, "refused [removed: looks like a key], sorry"],
    ["in JSON", `{"primary":"${keyText}"}`, `{"primary":"[removed: looks like a key]"}`],
    ["after an equals sign", `AccountKey=${keyText};x`, "AccountKey=[removed: looks like a key];x"],
    ["twice", `${keyText} ${keyText}`, "[removed: looks like a key] [removed: looks like a key]"],
  ])("loses a key %s", (_where, text, expected) => {
    expect(withoutKeys(text)).toBe(expected);
  });

  describe("keeps no part of a key", () => {
    const letters = keyText.slice(0, 86);
    const leftOf = (text: string): string[] => {
      const left = withoutKeys(text);
      return [letters.slice(0, 8), letters.slice(-4), letters.slice(40, 48)].filter((part) => left.includes(part));
    };

    it("before letters", () => {
      expect(leftOf(`${letters}AndMore`)).toEqual([]);
    });

    // The pattern must match more than 86 characters: it would otherwise leave the rest of a longer run.
    it("in a path", () => {
      expect(leftOf(`https://example/keys/${keyText}`)).toEqual([]);
    });
  });
});
