import { execFile } from "node:child_process";
import path from "node:path";

const project = path.resolve(__dirname, "../..");
const tsx = path.join(project, "node_modules/.bin/tsx");

/** The long proofs, which CI does not run. */
const commands = {
  simulate: "test/simulation/main.ts",
  mutants: "test/mutants/main.ts",
  matrix: "test/integration/matrix/main.ts",
  bench: "test/bench/main.ts",
};

const run = (file: string, ...args: readonly string[]) =>
  new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
    const child = execFile(tsx, [file, ...args], { cwd: project }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

test.each(Object.entries(commands))(
  "npm run %s shows its help, and names an option that it does not know",
  async (name, file) => {
    const [help, unknown] = await Promise.all([run(file, "--help"), run(file, "--nonsense")]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain(`npm run ${name}`);
    expect(unknown).toMatchObject({ code: 1, stdout: "" });
    expect(unknown.stderr.split("\n")[0]).toMatch(/^Unknown option '--nonsense'/);
  },
);

test.each([
  ["mutants", ["no such rule"], 'the name of no rule contains "no such rule"'],
  ["bench", ["--only", "nonsense"], "there is no measurement nonsense: see --help"],
  ["matrix", ["--workers", "none"], "--workers must be a whole number of at least 1"],
  ["simulate", ["--runs", "none"], "--runs must be a whole number of at least 1"],
] as const)("npm run %s refuses %j", async (name, args, message) => {
  expect(await run(commands[name], ...args)).toEqual({ code: 1, stdout: "", stderr: `${message}\n` });
});
