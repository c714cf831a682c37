export type LogLevel = "trace" | "debug" | "information" | "warning" | "error" | "critical" | "none";

const levels: readonly LogLevel[] = ["trace", "debug", "information", "warning", "error", "critical", "none"];

export const isLogLevel = (text: string): text is LogLevel => (levels as readonly string[]).includes(text);

/** Writes one line of JSON per message. */
export type HostLog = (level: LogLevel, category: string, message: string) => void;

/** `least`: the lowest level to write, `logging.logLevel.default` of host.json. */
export const jsonLines =
  (least: LogLevel, write: (line: string) => void): HostLog =>
  (level, category, message) => {
    if (levels.indexOf(level) >= levels.indexOf(least)) {
      write(JSON.stringify({ time: new Date().toISOString(), level, category, message }));
    }
  };

/** The text that the worker logs for an error. */
export const errorText = (problem: unknown): string =>
  problem instanceof Error || (typeof problem === "object" && problem !== null && "stack" in problem)
    ? String(problem.stack)
    : String(problem);
