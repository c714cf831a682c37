import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { CommandLine } from "../../rig/command-line";
import { completedBy, hasShell, type ShellName } from "../../rig/shells";

const line = new CommandLine(null);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "completion-"));
  writeFileSync(path.join(folder, "rest.jsonc"), "{}");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const orders = ["--audience", "--dry-run", "--output", "--reason", "--url", "--yes"];

const cases: readonly (readonly [string, readonly string[]])[] = [
  ["re", ["readers", "resume", "resume-fleet"]],
  ["approve --r", ["--reason"]],
  ["resume-fleet --", orders],
  ["status --state st", ["stalled"]],
  ["status render-weu --output ", ["json", "table"]],
  ["completion ", ["bash", "fish", "zsh"]],
  // No account is a file of this folder, and no reason either.
  ["status re", []],
  ["pause render-weu --reason re", []],
  ["validate re", ["rest.jsonc"]],
];

const shells: readonly ShellName[] = ["bash", "zsh", "fish"];
for (const shell of shells.filter((name) => !hasShell(name)))
  console.warn(`${shell} is not there: its completion is not tested`);

test.each(shells.filter(hasShell))(
  "in %s completes commands, options and their values, and files only where one is read",
  async (shell) => {
    const script = path.join(folder, `script.${shell}`);
    writeFileSync(script, (await line.run(["completion", shell])).out);
    const found = cases.map(([typed]) => [typed, completedBy(shell, { script, folder, typed })]);
    expect(found).toEqual(cases);
  },
);

test("completion of another shell is a usage error", async () => {
  expect((await line.run(["completion", "tcsh"])).code).toBe(2);
});
