import * as fc from "fast-check";
import { parseJson } from "../../../lib/config/json";

describe("parseJson", () => {
  it.each([
    ["nothing", "", "line 1, column 1"],
    ["white space only", " \n ", "line 2, column 2"],
    ["a bare word", '{"a": yes}', "line 1, column 7"],
    ["a comma too many in an object", '{\n  "a": 1,\n}', "line 3, column 1"],
    ["a comma too many in a list", "[1,]", "line 1, column 4"],
    ["a comma too few", '{"a": 1\n "b": 2}', "line 2, column 2"],
    ["a colon too few", '{"a" 1}', "line 1, column 6"],
    ["a comma for a colon", '{"a", 1}', "line 1, column 5"],
    ["a key without quotes", "{a: 1}", "line 1, column 2"],
    ["a number for a key", "{1: 1}", "line 1, column 2"],
    ["single quotes", "{'a': 1}", "line 1, column 2"],
    ["a comment", '{"a": 1} // b', "line 1, column 10"],
    ["a second value", "{} {}", "line 1, column 4"],
    ["a comma at the end", "{},", "line 1, column 3"],
    ["a colon in a list", "[1: 2]", "line 1, column 3"],
    ["a comma first", "[,1]", "line 1, column 2"],
    ["the wrong bracket", "[1}", "line 1, column 3"],
    ["a bracket too many", "[]]", "line 1, column 3"],
    ["a bracket too early", '{"a":}', "line 1, column 6"],
    ["a bracket out of nothing", "]", "line 1, column 1"],
    ["an end too early", '{"a": [1, 2', "line 1, column 12"],
    ["an end after a colon", '{"a":', "line 1, column 6"],
    ["an open string", '{"a": "b', "line 1, column 7"],
    ["a line break in a string", '["a\nb"]', "line 1, column 2"],
    ["an unknown escape", '["a\\x"]', "line 1, column 2"],
    ["a leading zero", "[01]", "line 1, column 3"],
    ["a plus sign", "[+1]", "line 1, column 2"],
  ])("says where %s stands", (_what, text, errorPlace) => {
    expect(parseJson(text)).toEqual({ errorPlace });
  });

  it("finds a place in text that is nested too deep to recurse into", () => {
    expect(parseJson(`${"[".repeat(100_000)}x`)).toEqual({ errorPlace: "line 1, column 100001" });
  });

  it("reads every JSON text, and finds a place in every other", () => {
    const cut = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(cut, ([json, at, insert]) => {
        expect(parseJson(json)).toEqual({ value: JSON.parse(json) });
        const offset = at % (json.length + 1);
        const broken = parseJson(json.slice(0, offset) + insert);
        expect("value" in broken || /^line \d+, column \d+$/.test(broken.errorPlace)).toBe(true);
      }),
    );
  });
});
