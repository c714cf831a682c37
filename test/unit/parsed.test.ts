import { jsonPointer } from "../../lib/parsed";
import { keyText } from "../builders/key";

test.each([
  ["the whole", [], ""],
  ["members and places", ["accounts", 0, "secret"], "/accounts/0/secret"],
  ["a slash and a tilde", ["a/b", "c~d"], "/a~1b/c~0d"],
  ["a name of more than 100 characters", ["n-".repeat(51)], `/${"n-".repeat(50)}`],
  ["a key in place of a name", [keyText], "/[removed: looks like a key]"],
])("a JSON pointer names %s", (_what, path, expected) => {
  expect(jsonPointer(path)).toBe(expected);
});
