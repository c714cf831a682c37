import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { isLogLevel, type LogLevel } from "./host-log";

/** What the host reads from the folder of an app before it loads any of its code. */
export interface AppFolder {
  readonly folder: string;
  readonly routePrefix: string;
  /** Milliseconds; null for "as long as it takes". */
  readonly functionTimeoutMs: number | null;
  readonly logLevel: LogLevel;
  readonly entryPoints: readonly string[];
}

/** As on the plan that the app is made for. */
const defaultTimeoutMs = 30 * 60_000;

type Json = Readonly<Record<string, unknown>>;

const asObject = (value: unknown): Json => (typeof value === "object" && value !== null ? { ...value } : {});

const readJson = (file: string): Json => {
  if (!existsSync(file)) {
    throw new Error(`${file} is not there`);
  }
  try {
    return asObject(JSON.parse(readFileSync(file, "utf8")));
  } catch (problem) {
    throw new Error(`${file} is no JSON`, { cause: problem });
  }
};

/** `hh:mm:ss`, `d.hh:mm:ss`, or `-1` for no limit. */
export const parseTimeout = (text: unknown): number | null => {
  if (text === undefined) {
    return defaultTimeoutMs;
  }
  const match = typeof text === "string" ? /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})$/.exec(text) : null;
  if (text !== "-1" && match === null) {
    throw new Error(`host.json: functionTimeout ${JSON.stringify(text)} is no time span such as 00:05:00`);
  }
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = (match ?? []).slice(1).map((part) => Number(part ?? 0));
  return match === null ? null : (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
};

const globToRegExp = (pattern: string): RegExp => {
  const source = pattern.replace(/\*\*\/|\*\*|[*?{},]|[.+^$()|[\]\\]/g, (token) => {
    const known: Record<string, string> = {
      "**/": "(?:.*/)?",
      "**": ".*",
      "*": "[^/]*",
      "?": "[^/]",
      "{": "(?:",
      "}": ")",
      ",": "|",
    };
    return known[token] ?? `\\${token}`;
  });
  return new RegExp(`^${source}$`);
};

/** `main` is a glob, as the worker reads it; files are loaded one by one in the order of their names. */
export const findEntryPoints = (folder: string, main: string): readonly string[] => {
  const pattern = path.posix.normalize(main);
  const firstWild = pattern.search(/[*?{]/);
  const base = firstWild < 0 ? path.posix.dirname(pattern) : path.posix.dirname(`${pattern.slice(0, firstWild)}x`);
  const start = path.join(folder, base);
  const wanted = globToRegExp(pattern);
  const names = existsSync(start) ? readdirSync(start, { recursive: firstWild >= 0, encoding: "utf8" }) : [];
  return names
    .map((name) => path.posix.join(base, name.split(path.sep).join("/")))
    .filter((name) => wanted.test(name) && !name.includes("node_modules/"))
    .toSorted()
    .map((name) => path.join(folder, name));
};

/** Throws an Error in words for whatever keeps the app from starting. */
export const readAppFolder = (folder: string): AppFolder => {
  const absolute = path.resolve(folder);
  const host = readJson(path.join(absolute, "host.json"));
  if (host["version"] !== "2.0") {
    throw new Error('host.json: "version" must be "2.0"');
  }
  const http = asObject(asObject(host["extensions"])["http"]);
  const level = asObject(asObject(host["logging"])["logLevel"])["default"];
  const logLevel = typeof level === "string" ? level.toLowerCase() : "information";
  const main = readJson(path.join(absolute, "package.json"))["main"];
  if (typeof main !== "string") {
    throw new Error('package.json: "main" must name the entry point');
  }
  const entryPoints = findEntryPoints(absolute, main);
  if (entryPoints.length === 0) {
    throw new Error(`package.json: "main" is "${main}", and found zero files matching the supplied pattern`);
  }
  return {
    folder: absolute,
    routePrefix: typeof http["routePrefix"] === "string" ? http["routePrefix"] : "api",
    functionTimeoutMs: parseTimeout(host["functionTimeout"]),
    logLevel: isLogLevel(logLevel) ? logLevel : "information",
    entryPoints,
  };
};

/** Puts the `Values` of local.settings.json into the environment, where they are not set already. */
export const applyLocalSettings = (folder: string, env: NodeJS.ProcessEnv): void => {
  const values = asObject(readJson(path.join(folder, "local.settings.json"))["Values"]);
  for (const [name, value] of Object.entries(values)) {
    env[name] ??= String(value);
  }
};

const isModule = (file: string, folder: string): boolean =>
  file.endsWith(".mjs") || (!file.endsWith(".cjs") && readJson(path.join(folder, "package.json"))["type"] === "module");

/** Runs the app's entry points. Throws what they throw: one bad entry point means no app. */
export const loadEntryPoints = async ({ folder, entryPoints }: AppFolder): Promise<void> => {
  for (const file of entryPoints) {
    try {
      await (isModule(file, folder) ? import(pathToFileURL(file).href) : require(file));
    } catch (problem) {
      throw new Error(`Worker was unable to load entry point "${path.relative(folder, file)}"`, { cause: problem });
    }
  }
};
