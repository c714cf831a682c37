import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import { hours, minutes, seconds } from "../../rotation/time/units";

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder that holds host.json: the host names it; else it is beside the bundle or above it. */
export const appRoot = (env: Environment): string => {
  const places = [env["AzureWebJobsScriptRoot"], __dirname, dirname(__dirname), process.cwd()];
  return places.find((place) => place && existsSync(join(place, "host.json"))) ?? process.cwd();
};

const hostSchema = z.object({ functionTimeout: z.string().optional() });
const defaultTimeoutMs = minutes(5);

/**
 * `functionTimeout` of host.json, or the setting that overrides it, in milliseconds; 5 minutes where neither is set.
 */
export const readFunctionTimeout = (root: string, env: Environment): number => {
  try {
    const host: unknown = JSON.parse(readFileSync(join(root, "host.json"), "utf8"));
    const { functionTimeout } = hostSchema.parse(host);
    const text = env["AzureFunctionsJobHost__functionTimeout"] || (functionTimeout ?? "");
    const [, h, m, s] = /^(\d+):(\d\d):(\d\d)$/.exec(text) ?? [];
    const ms = hours(Number(h)) + minutes(Number(m)) + seconds(Number(s));
    return ms > 0 ? ms : defaultTimeoutMs;
  } catch {
    return defaultTimeoutMs;
  }
};
