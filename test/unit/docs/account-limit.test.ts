import { readFileSync } from "node:fs";
import path from "node:path";
import { maxInlineBytes } from "../../../lib/config/configuration";
import { projectRoot } from "../infra/bicep";

const read = (file: string): string => readFileSync(path.join(projectRoot, file), "utf8");

const [, example = ""] = /## Configure it[\s\S]*?```json\n([\s\S]*?)\n```/.exec(read("README.md")) ?? [];
const { defaults, accounts }: { defaults: object; accounts: readonly object[] } = JSON.parse(example);

const bytesOf = (count: number): number =>
  Buffer.byteLength(JSON.stringify({ defaults, accounts: Array.from({ length: count }, () => accounts[0]) }));

/** As many accounts as fit, rounded down to ten: names differ in length. */
const fitting = (): number => {
  let count = 0;
  while (bytesOf(count + 10) <= maxInlineBytes) count += 10;
  return count;
};

test.each(["docs/configure.md", "docs/deploy.md"])("%s says how many accounts fit into a setting", (file) => {
  expect(fitting()).toBeGreaterThan(100);
  const limit = `up to ${maxInlineBytes.toLocaleString("en-US")} bytes, about ${fitting()} accounts like`;
  expect(read(file)).toContain(limit);
});

test("the templates have the limit of the app", () => {
  expect(read("infra/resources.bicep")).toContain(`var maxSettingBytes = ${maxInlineBytes}\n`);
});
