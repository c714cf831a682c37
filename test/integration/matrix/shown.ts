import { inspect } from "node:util";

/** All that a log, a debugger or a telemetry library could show of an error. */
export const everythingShownOf = (error: Error): string =>
  [
    inspect(error, { depth: 20, showHidden: true, getters: true }),
    inspect(error.cause, { depth: 20, showHidden: true }),
    error.message,
    error.stack,
  ].join("\n");
