import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { nodeCommand, startChild } from "../../local/child-process";

export interface DemoRun {
  readonly code: number | null;
  /** The output on the screen. */
  readonly shown: string;
  /** Every line of every process. */
  readonly kept: string;
  readonly answered: number;
  readonly refused: number;
}

/** Longer than any demo may take, to distinguish one that hangs from a slow one. */
export const maxMs = 600_000;

/** The command behind `npm run demo`, on a build of the app. A busy machine may take four times as long. */
export const runDemo = async (app: string, args: readonly string[] = []): Promise<DemoRun> => {
  const folder = mkdtempSync(path.join(tmpdir(), "demo-output-"));
  const keepFile = path.join(folder, "output.txt");
  const lines: string[] = [];
  try {
    const child = startChild({
      name: "demo",
      ...nodeCommand("demo.ts", ["--app", app, "--keep-output", keepFile, ...args]),
      env: { ...process.env, DEMO_PATIENCE: "4" },
      onLine: (line) => lines.push(line),
    });
    const { code } = await child.ended;
    const shown = lines.join("\n");
    const [, answered, refused] = /signed calls to Batch +(\d+) +(\d+)/.exec(shown) ?? [];
    return { code, shown, kept: readFileSync(keepFile, "utf8"), answered: Number(answered), refused: Number(refused) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
