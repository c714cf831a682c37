import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ruleRows } from "../mutants/table";
import { safetyRules } from "../mutants/rules";

const root = join(__dirname, "../..");

describe("docs/safety.md", () => {
  it("lists exactly the rules that `npm run mutants` switches off", () => {
    expect(readFileSync(join(root, "docs/safety.md"), "utf8")).toContain(ruleRows());
  });

  it.each(safetyRules.map((rule) => [rule.rule, rule] as const))(
    "names a text that occurs once in the product: %s",
    (_name, rule) => {
      expect(readFileSync(join(root, rule.file), "utf8").split(rule.text)).toHaveLength(2);
    },
  );
});
