import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { isLogLevel, type LogLevel } from "./host-log";

/** The files of an app that the host reads before it loads the app's code. */
export interface AppFolder {
  readonly folder: string;
  readonly routePrefix: string;
  /** Milliseconds; null for no limit. */
  readonly functionTimeoutMs: number | null;
  readonly logLevel: LogLevel;
  readonly entryPoints: readonly string[];
}

/** The default of the plan for which the app is made. */
const defaultTimeoutMs = 30 * 60_000;

type Json = Readonly<Record<string, unknown>>;

const asObject = (value: unknown): Json => (typeof value === "object" && value !== null ? { ...value } : {});

const readJson = (file: string): Json => {
  if (!existsSync(file)) {
    throw new Error(`${file} does not exist`);
  }
  try {
    return asObject(JSON.parse(readFileSync(file, "utf8")));
  } catch (problem) {
    throw new Error(`${file} is not JSON`, { cause: problem });
  }
};

/** `hh:mm:ss`, `d.hh:mm:ss`, or `-1` for no limit. */
export const parseTimeout = (text: unknown): number | null => {
  if (text === undefined) {
    return defaultTimeoutMs;
  }
  const match = typeof text === "string" ? /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})$/.exec(text) : null;
  if (text !== "-1" && match === null) {
    throw new Error(`host.json: functionTimeout ${JSON.stringify(text)} is not a time span such as 00:05:00`);
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

/** `main` is a glob, as in the worker; files are loaded in the order of their names. */
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

/** Throws an Error with the reason when the app cannot start. */
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

/** Copies the `Values` of local.settings.json to environment variables that are not set. */
export const applyLocalSettings = (folder: string, env: NodeJS.ProcessEnv): void => {
  const values = asObject(readJson(path.join(folder, "local.settings.json"))["Values"]);
  for (const [name, value] of Object.entries(values)) {
    env[name] ??= String(value);
  }
};

const isModule = (file: string, folder: string): boolean =>
  file.endsWith(".mjs") || (!file.endsWith(".cjs") && readJson(path.join(folder, "package.json"))["type"] === "module");

/** Loads the app's entry points. Throws their errors: one bad entry point prevents the start. */
export const loadEntryPoints = async ({ folder, entryPoints }: AppFolder): Promise<void> => {
  for (const file of entryPoints) {
    try {
      await (isModule(file, folder) ? import(pathToFileURL(file).href) : require(file));
    } catch (problem) {
      throw new Error(`Worker was unable to load entry point "${path.relative(folder, file)}"`, { cause: problem });
    }
  }
};
