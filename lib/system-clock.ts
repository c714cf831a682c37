import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "./ports";

export const systemClock: Clock = {
  now: () => new Date(),
  abortAfter: (ms) => AbortSignal.timeout(ms),
  sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
};
