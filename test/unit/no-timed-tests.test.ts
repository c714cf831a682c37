import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.join(__dirname, "..");

/** A machine is slow for reasons of its own. This one finds a search that would take hours, where it takes 3 ms. */
const allowed = ["unit/outgoing/redact.test.ts"];

test("no test requires that something takes less than a time, except one", () => {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".test.ts"));
  expect(files.length).toBeGreaterThan(300);
  const timed = /(?:performance|Date)\.now\(\) - \w+\)\.toBeLess|(?:took|elapsed|duration)\w*\)\.toBeLess/i;
  const found = files.filter((file) => timed.test(readFileSync(path.join(root, file), "utf8")));
  expect(found.map((file) => file.replaceAll(path.sep, "/"))).toEqual(allowed);
});
