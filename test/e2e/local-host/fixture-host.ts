import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Child, nodeCommand, startChild } from "../../local/child-process";
import { buildBundle } from "../../tools/build";
import { until } from "./until";

export interface AppFiles {
  readonly packageJson?: object;
  readonly hostJson?: object;
  /** More files, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface FixtureApp {
  readonly folder: string;
  write(files: AppFiles): void;
  remove(): void;
}

/** The fixture app, bundled like the product, in a separate folder. */
export const makeFixtureApp = async (): Promise<FixtureApp> => {
  const folder = mkdtempSync(path.join(tmpdir(), "host-app-"));
  await buildBundle({
    entry: path.resolve(__dirname, "../../fixtures/host-app/app.ts"),
    outfile: path.join(folder, "dist/app.js"),
  });
  const write = ({ packageJson, hostJson, files = {} }: AppFiles): void => {
    const all = {
      "package.json": JSON.stringify(packageJson ?? { name: "fixture", main: "dist/app.js" }),
      "host.json": JSON.stringify(hostJson ?? { version: "2.0" }),
      ...files,
    };
    for (const [name, text] of Object.entries(all)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
  };
  write({});
  return { folder, write, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

interface Started {
  readonly port: number;
  readonly functions: readonly { readonly name: string; readonly route?: string; readonly schedule?: string }[];
  readonly inError: Readonly<Record<string, string>>;
}

export interface HostProcess {
  readonly child: Child;
  readonly lines: readonly string[];
  /** Messages logged by functions. */
  messages(): readonly string[];
  started(): Promise<Started>;
}

/** `node`: another Node than the project's. */
export const startHostProcess = (
  folder: string,
  env: Readonly<Record<string, string>> = {},
  node?: string,
): HostProcess => {
  const lines: string[] = [];
  const command = nodeCommand("host-main.ts", ["--app", folder, "--port", "0"]);
  const child = startChild({
    name: "host",
    ...command,
    command: node ?? command.command,
    env: { PATH: process.env["PATH"], ...env },
    onLine: (line) => lines.push(line),
  });
  const parsed = (): Record<string, unknown>[] =>
    lines.filter((line) => line.startsWith("{")).map((line): Record<string, unknown> => JSON.parse(line));
  return {
    child,
    lines,
    messages: () => parsed().map(({ message }) => (typeof message === "string" ? message : "")),
    started: () =>
      until("the host to start", () => {
        const line = lines.find((text) => text.includes('"HostStarted"'));
        const started: Started | null = line === undefined ? null : JSON.parse(line);
        return started;
      }),
  };
};
