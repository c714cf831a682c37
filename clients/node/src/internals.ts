import type { Internals } from "./types";

/** The machine's own. */
export const machine: Internals = {
  fetch: (url, init) => fetch(url, init),
  now: () => Date.now(),
  random: () => Math.random(),
  secondMs: 1_000,
  after: (ms, run, keepsAlive) => {
    const timer = setTimeout(run, ms);
    if (!keepsAlive) timer.unref();
    return () => clearTimeout(timer);
  },
};

export const second = 1_000;
export const minute = 60 * second;

/** A request and its whole answer within `ms` milliseconds. */
export const send = async (
  { fetch: request }: Internals,
  url: string,
  init: RequestInit,
  ms: number,
): Promise<{ readonly status: number; readonly text: string }> => {
  const response = await request(url, { redirect: "error", ...init, signal: AbortSignal.timeout(ms) });
  return { status: response.status, text: await response.text() };
};

/** In words that quote nothing that was sent. */
export const wordsOf = (problem: unknown): string => {
  const cause: unknown = typeof problem === "object" && problem !== null && "cause" in problem ? problem.cause : null;
  const code: unknown = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : null;
  if (typeof code === "string") return code;
  return problem instanceof Error ? problem.name : "failed";
};
