import { freeText, withoutKeys } from "../../../lib/outgoing/redact";
import { keyText } from "../../builders/key";

const wrapped = (width: number, by: string): string => keyText.match(new RegExp(`.{1,${width}}`, "g"))?.join(by) ?? "";

describe("free text", () => {
  it.each([
    ["nothing", ""],
    ["ordinary words", "AuthenticationFailed on node tvmps_1, job 42/7"],
    ["a version id and a request id", "22222222222222222222222222222222 6f3c2b1a-0d4e-4f5a-8b6c-7d8e9f0a1b2c"],
    ["a proof, which is not a key", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="],
    ["85 letters", "a".repeat(85)],
    ["85 letters in lines", `${"a".repeat(40)}\n${"a".repeat(45)}`],
    [
      "a resource id",
      "/subscriptions/6f3c2b1a-0d4e-4f5a-8b6c-7d8e9f0a1b2c" +
        "/resourceGroups/render/providers/Microsoft.Batch/batchAccounts/x",
    ],
    ["a list of words in lines", "no such pool:\n- render\n- encode it\n".repeat(20)],
    [
      "frames of a stack",
      "    at Drive.run (/home/site/wwwroot/main.js:1:2)\n    at async advance (/home/site/main.js:3:4)",
    ],
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

  const url = keyText.replaceAll("+", "-").replaceAll("/", "_");

  it.each([
    ["in the alphabet for URLs", url],
    ["in the alphabet for URLs, without padding", url.replace(/=+$/, "")],
    ["percent-encoded", encodeURIComponent(keyText)],
    ["percent-encoded in lower case", encodeURIComponent(keyText).replaceAll("%2B", "%2b").replaceAll("%3D", "%3d")],
    ["percent-encoded twice", encodeURIComponent(encodeURIComponent(keyText))],
    ["with escaped slashes", keyText.replaceAll("/", String.raw`\/`)],
    ["escaped as .NET does", keyText.replaceAll("+", String.raw`\u002B`).replaceAll("=", String.raw`\u003D`)],
    ["wrapped at 64", wrapped(64, "\n")],
    ["wrapped at 76, with CR LF", wrapped(76, "\r\n")],
    ["wrapped and indented", wrapped(40, "\n    ")],
    ["wrapped in quoted JSON", wrapped(64, String.raw`\n`)],
    ["wrapped and percent-encoded", wrapped(64, "%0A")],
    ["in the alphabet for URLs, after hyphens", `${"-".repeat(100)}${url}`],
    ["in the alphabet for URLs, wrapped", url.match(/.{1,20}/g)?.join("\n") ?? ""],
    ["with a character that shows nothing between all others", wrapped(1, "\u200b")],
    ["with a null character in it", wrapped(43, "\0")],
  ])("loses a key %s", (_how, text) => {
    expect(withoutKeys(`refused (${text}), sorry`)).toBe("refused ([removed: looks like a key]), sorry");
  });

  it("is searched in a time that grows with its length", () => {
    const began = performance.now();
    for (const part of ["a".repeat(85), "\n ", "a\n\n", "%25", "%2525252", "\\u002", "a \t", "Az_-+/"])
      withoutKeys(`${part.repeat(Math.ceil(20_000 / part.length))}!`);
    expect(performance.now() - began).toBeLessThan(2_000);
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

test.each([
  ["line breaks", "403\r\nForbidden", "403 Forbidden"],
  ["tabs and null characters", "a\t\0b", "a b"],
  ["an escape sequence of a terminal", "\u001b[31mred", "[31mred"],
  ["characters that turn the direction", "abc\u202edef", "abc def"],
  ["line and paragraph separators", "a\u2028\u2029b", "a b"],
  ["a key that is wrapped", `key: ${keyText.slice(0, 40)}\n${keyText.slice(40)}`, "key: [removed: looks like a key]"],
])("a stored text has no %s", (_what, text, expected) => {
  expect(freeText(text)).toBe(expected);
});
