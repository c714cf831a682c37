import { Console } from "node:console";
import { createHmac } from "node:crypto";
import { Writable } from "node:stream";
import { format, inspect } from "node:util";
import { aKey, keyText, otherKeyText } from "../builders/key";

/** The text that the console writes. */
const printed = (print: (to: Console) => void): string => {
  let text = "";
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk);
      done();
    },
  });
  print(new Console(stream, stream));
  return text;
};

/* oxlint-disable typescript/restrict-template-expressions -- these tests show that misuse is harmless */
/* oxlint-disable typescript/no-misused-spread -- as above */
describe("a Batch key is not revealed", () => {
  const key = aKey();
  const nested = { account: "render-weu", keys: { primary: key, list: [key], map: new Map([["k", key]]) } };

  it.each<[string, string]>([
    ["a template", `${key}`],
    ["String", String(key)],
    ["concatenation", "key: ".concat(key.toString())],
    ["joining", [key, key].join()],
    ["an error's message", new Error(`failed with ${key}`).stack ?? ""],
    ["JSON", JSON.stringify(key)],
    ["JSON of an object that contains it", JSON.stringify(nested)],
    ["inspect", inspect(key)],
    ["inspect of an object that contains it", inspect(nested, { depth: null, showHidden: true })],
    ["inspect without custom inspection", inspect(key, { customInspect: false, showHidden: true, getters: true })],
    ["format %s", format("%s", key)],
    ["format %o", format("%o", nested)],
    ["format %O", format("%O", nested)],
    ["format %j", format("%j", nested)],
    ["format %d", format("%d %i", key, key)],
    ["the console", printed((to) => to.log("a key:", key, nested))],
    ["the console's error", printed((to) => to.error(new Error("no", { cause: nested })))],
    ["the console's dir", printed((to) => to.dir(nested, { depth: 9, showHidden: true }))],
    ["the console's table", printed((to) => to.table([key, nested]))],
    ["a structured clone", inspect(structuredClone(key))],
    ["a spread", inspect({ ...key })],
    ["its members", inspect(Object.entries(key)) + inspect(Object.getOwnPropertyDescriptors(key))],
    ["its own property names", Reflect.ownKeys(key).map(String).join()],
    ["toLocaleString", key.toLocaleString()],
  ])("by %s", (_how, text) => {
    const parts = [
      keyText,
      keyText.slice(0, 12),
      keyText.slice(-12),
      Buffer.from(keyText, "base64").toString("hex").slice(0, 24),
    ];
    expect(parts.filter((part) => text.includes(part))).toEqual([]);
  });

  it.each<[string, string]>([
    ["a template", `${key}`],
    ["inspect", inspect(key)],
    ["JSON", String(JSON.parse(JSON.stringify(key)))],
  ])("but %s marks it as a key", (_how, text) => {
    expect(text).toBe("[batch key]");
  });
});

describe("a Batch key", () => {
  it("is revealed on demand", () => {
    expect(aKey().reveal()).toBe(keyText);
  });

  it.each([
    ["the same value", keyText, true],
    ["another value of the same length", otherKeyText, false],
    ["its beginning", keyText.slice(0, -1), false],
    ["nothing", "", false],
  ])("compared with %s is equal: %s", (_what, text, equal) => {
    expect(aKey().equals(aKey(text))).toBe(equal);
    expect(aKey(text).equals(aKey())).toBe(equal);
  });

  it("signs with its 64 bytes, and the message in UTF-8", () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => i);
    const expected = createHmac("sha256", bytes).update(Buffer.from("grüße", "utf8")).digest("hex");
    expect(aKey().sign("grüße").toString("hex")).toBe(expected);
  });
});
