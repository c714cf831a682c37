import { withoutKeys } from "./redact";

/**
 * Where an error was thrown: the frames of its stack, without the message, which may quote anything. Empty for other
 * values.
 */
export const framesOf = (error: unknown): string => {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return withoutKeys(
    stack
      .split("\n")
      .filter((line) => /^\s+at \S/.test(line))
      .join("\n"),
  );
};
