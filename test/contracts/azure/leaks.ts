import { inspect } from "node:util";

/** The error that a call throws; fails the test if it throws none. */
export const thrownBy = async (call: () => Promise<unknown>): Promise<Error> => {
  try {
    await call();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("expected the call to fail with an error");
};

/** All that a log, a debugger or a telemetry library could show of an error. */
export const everythingShownOf = (error: Error): string => {
  const members = Object.fromEntries(
    Reflect.ownKeys(error).map((name) => [String(name), Reflect.get(error, name) as unknown]),
  );
  return [
    inspect(error, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(error),
    JSON.stringify(members),
    String(error),
    error.message,
    error.stack,
    inspect(error.cause, { depth: 20, showHidden: true }),
  ].join("\n");
};

/** The keys of which the text contains 12 or more consecutive characters. */
export const leaked = (error: Error, keys: readonly string[]): readonly string[] => {
  const shown = everythingShownOf(error);
  return keys.filter((key) =>
    Array.from({ length: Math.floor(key.length / 12) }, (_, index) => key.slice(index * 12, index * 12 + 12)).some(
      (part) => shown.includes(part),
    ),
  );
};
