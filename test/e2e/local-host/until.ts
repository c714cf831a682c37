import { setTimeout as wait } from "node:timers/promises";

/**
 * Polls until the answer is neither null nor false. Rejects with the name of the awaited event after a time limit, for
 * what hangs: a busy machine must not reach it. `ask` must not change what it asks about.
 */
export const until = async <T>(
  what: string,
  ask: () => T | null | false | Promise<T | null | false>,
  withinMs = 120_000,
): Promise<T> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (Date.now() > deadline) {
      throw new Error(`waited ${withinMs} ms for ${what}`);
    }
    await wait(25);
  }
};
