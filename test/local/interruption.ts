const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** One Ctrl-C arrives up to three times: from the terminal, npm and tsx. */
const sameMs = 1000;

/**
 * Aborts at the first Ctrl-C, so that all can be stopped in order. A second one ends this process at once, and its
 * children with it.
 */
export const interruption = (): AbortSignal => {
  const controller = new AbortController();
  let firstAt = 0;
  for (const signal of signals) {
    process.on(signal, () => {
      if (!controller.signal.aborted) {
        firstAt = Date.now();
        controller.abort();
      } else if (Date.now() - firstAt > sameMs) {
        process.exit(130);
      }
    });
  }
  return controller.signal;
};

/** Resolves when the signal is aborted. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener("abort", () => resolve(), { once: true });
    }
  });
