import * as fc from "fast-check";
import { parseJsonc } from "../../../lib/config/jsonc";

const aPlace = /at line \d+, column \d+/;

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

describe("parseJsonc", () => {
  it.each([
    ["nothing", "", "line 1, column 1"],
    ["white space only", " \n ", "line 2, column 2"],
    ["a bare word", '{"a": yes}', "line 1, column 7"],
    ["two commas in an object", '{\n  "a": 1,,\n}', "line 2, column 10"],
    ["two commas in a list", "[1,,]", "line 1, column 4"],
    ["a comma alone in an object", "{,}", "line 1, column 2"],
    ["a missing comma", '{"a": 1\n "b": 2}', "line 2, column 2"],
    ["a missing colon", '{"a" 1}', "line 1, column 6"],
    ["a key without quotes", "{a: 1}", "line 1, column 2"],
    ["single quotes", "{'a': 1}", "line 1, column 2"],
    ["a comment without an end", '{"a": 1} /* b', "line 1, column 10"],
    ["an error after a comment", "{ // b\n/* c\n */ a: 1}", "line 3, column 5"],
    ["a comma at the end", "{},", "line 1, column 3"],
    ["an extra bracket", "[]]", "line 1, column 3"],
    ["a bracket in place of a value", '{"a":}', "line 1, column 6"],
    ["a bracket that closes nothing", "]", "line 1, column 1"],
    ["an early end", '{"a": [1, 2', "line 1, column 12"],
    ["an unterminated string", '{"a": "b', "line 1, column 7"],
    ["a line break in a string", '["a\nb"]', "line 1, column 2"],
    ["an unknown escape", '["a\\x"]', "line 1, column 2"],
    ["a plus sign", "[+1]", "line 1, column 2"],
  ])("locates %s", (_what, text, place) => {
    expect(parseJsonc(text)).toEqual({ problems: [`is not JSON: correct it at ${place}`] });
  });

  it.each([
    ["a line comment", '{"a": 1} // b', { a: 1 }],
    ["a block comment", '{/* b\n */"a": /**/ 1}', { a: 1 }],
    ["a trailing comma in an object", '{"a": 1,}', { a: 1 }],
    ["a trailing comma in a list", '["a", ]', ["a"]],
    ["the marks of comments in a string", '["// b", "/* c */", ",]"]', ["// b", "/* c */", ",]"]],
  ])("allows %s", (_what, text, value) => {
    expect(parseJsonc(text)).toEqual({ value });
  });

  it("reports every key that an object holds twice, at its later place", () => {
    expect(parseJsonc('{"a": {"b": 1,\n"\\u0062": 2}, "b": 3, // a\n"a": 4}')).toEqual({
      problems: [
        "holds a key twice: remove the one at line 2, column 1, or the earlier one",
        "holds a key twice: remove the one at line 3, column 1, or the earlier one",
      ],
    });
  });

  it("treats __proto__ as a normal key", () => {
    const parsed = parseJsonc('{"__proto__": {"a": 1}}');
    expect(parsed).toEqual({ value: JSON.parse('{"__proto__": {"a": 1}}') });
    expect("value" in parsed && Object.keys(Object(parsed.value))).toEqual(["__proto__"]);
  });

  it("accepts brackets nested 100 deep, and reports the place of the next one", () => {
    expect(parseJsonc(nested(100))).toEqual({ value: JSON.parse(nested(100)) });
    expect(parseJsonc(`\n${nested(101)}`)).toEqual({
      problems: ["nests too deep: remove brackets at line 2, column 101"],
    });
  });

  it("ignores brackets in strings and comments", () => {
    const text = `["${"[".repeat(200)}", "{" /* ${"{".repeat(200)} */]`;
    expect(parseJsonc(text)).toEqual({ value: ["[".repeat(200), "{"] });
  });

  it("locates an error in text that is nested too deeply for recursion", () => {
    expect(parseJsonc(`${"[".repeat(100_000)}x`)).toEqual({
      problems: ["nests too deep: remove brackets at line 1, column 101"],
    });
  });

  it("reads every JSON text", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(parseJsonc(json)).toEqual({ value: JSON.parse(json) });
      }),
    );
  });

  it("locates an error in every text that is not JSON, except for comments and trailing commas", () => {
    const cut = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(cut, ([json, at, insert]) => {
        const text = json.slice(0, at % (json.length + 1)) + insert;
        const parsed = parseJsonc(text);
        const tolerated = /\/[/*]|,\s*[}\]]/.test(text);
        expect("value" in parsed ? isJson(text) || tolerated : parsed.problems.every((one) => aPlace.test(one))).toBe(
          true,
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
