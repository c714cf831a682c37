import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { isLogLevel, type LogLevel } from "./host-log";
import type { QueueSettings } from "./queues";

/** The files of an app that the host reads before it loads the app's code. */
export interface AppFolder {
  readonly folder: string;
  readonly routePrefix: string;
  /** Milliseconds; null for no limit. */
  readonly functionTimeoutMs: number | null;
  readonly logLevel: LogLevel;
  readonly queues: QueueSettings;
  /** In the worker `main` may be a pattern; here it is one file of CommonJS. */
  readonly entryPoint: string;
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
  if (text === undefined) return defaultTimeoutMs;
  const match = typeof text === "string" ? /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})$/.exec(text) : null;
  if (text !== "-1" && match === null) {
    throw new Error(`host.json: functionTimeout ${JSON.stringify(text)} is not a time span such as 00:05:00`);
  }
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = (match ?? []).slice(1).map((part) => Number(part ?? 0));
  return match === null ? null : (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
};

/** The host's defaults where host.json gives none. */
const queueSettings = (given: Json): QueueSettings => {
  const count = (name: string, otherwise: number): number => {
    const value = given[name] ?? otherwise;
    return typeof value === "number" ? value : otherwise;
  };
  return {
    batchSize: count("batchSize", 16),
    maxDequeueCount: count("maxDequeueCount", 5),
    visibilitySeconds: (parseTimeout(given["visibilityTimeout"] ?? "00:00:00") ?? 0) / 1000,
  };
};

/** Throws an Error with the reason when the app cannot start. */
export const readAppFolder = (folder: string): AppFolder => {
  const absolute = path.resolve(folder);
  const host = readJson(path.join(absolute, "host.json"));
  if (host["version"] !== "2.0") throw new Error('host.json: "version" must be "2.0"');
  const extensions = asObject(host["extensions"]);
  const http = asObject(extensions["http"]);
  const level = asObject(asObject(host["logging"])["logLevel"])["default"];
  const logLevel = typeof level === "string" ? level.toLowerCase() : "information";
  const main = readJson(path.join(absolute, "package.json"))["main"];
  if (typeof main !== "string") throw new Error('package.json: "main" must name the entry point');
  const entryPoint = path.join(absolute, main);
  if (!existsSync(entryPoint)) {
    throw new Error(`package.json: "main" is "${main}", and found zero files matching the supplied pattern`);
  }
  return {
    folder: absolute,
    routePrefix: typeof http["routePrefix"] === "string" ? http["routePrefix"] : "api",
    functionTimeoutMs: parseTimeout(host["functionTimeout"]),
    logLevel: isLogLevel(logLevel) ? logLevel : "information",
    queues: queueSettings(asObject(extensions["queues"])),
    entryPoint,
  };
};

/** Loads the app's entry point. Throws its error, which prevents the start. */
export const loadEntryPoint = ({ folder, entryPoint }: AppFolder): void => {
  try {
    require(entryPoint);
  } catch (problem) {
    throw new Error(`Worker was unable to load entry point "${path.relative(folder, entryPoint)}"`, { cause: problem });
  }
};
