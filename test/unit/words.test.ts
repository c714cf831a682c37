import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Words that a reader has to read twice, or that name no one: `docs/` and comments say a role, a count or a cause. */
const unclear = [
  "somebody",
  "nobody",
  "anybody",
  "whoever",
  "told",
  "mend(s|ed|ing)?",
  "by hand",
  "so many",
  "unvouched",
];

const places = ["lib", "functions", "cli", "clients", "docs", "infra", "README.md", "CONTRIBUTING.md"];

test.each(unclear)("no document, comment or text says: %s", (word) => {
  const { stdout, status } = spawnSync("git", ["grep", "-nIiwE", word, "--", ...places], {
    cwd: join(__dirname, "../.."),
    encoding: "utf8",
  });
  // 1: nothing found. Where there is no repository, as in an archive of the source, there is nothing to ask.
  expect([0, 1, 128]).toContain(status);
  expect(stdout).toBe("");
});
