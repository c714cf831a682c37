import { outgoingFetch } from "../outgoing/fetch";
import type { Heartbeat } from "../ports/alerts";
import type { Clock } from "../ports/system";
import { seconds } from "../rotation/time/units";

interface HeartbeatOptions {
  readonly url: string;
  readonly reportsFailures: boolean;
  readonly clock: Pick<Clock, "abortAfter">;
}

const maxMs = seconds(3);

/** `/fail` goes behind the path: a token in the query stays where it is. */
const failAddress = (address: string): string => {
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/fail`;
  return url.href;
};

/**
 * Calls an address after each run. A call that fails is not repeated or logged: the service then hears nothing, and
 * that is what it raises its alarm for.
 */
export class HttpsHeartbeat implements Heartbeat {
  readonly #good: string;
  /** Null where bad runs are not reported. */
  readonly #bad: string | null;
  readonly #clock: Pick<Clock, "abortAfter">;

  constructor({ url, reportsFailures, clock }: HeartbeatOptions) {
    this.#good = url;
    this.#bad = reportsFailures ? failAddress(url) : null;
    this.#clock = clock;
  }

  async report(outcome: "good" | "bad"): Promise<void> {
    const address = outcome === "good" ? this.#good : this.#bad;
    if (address === null) return;
    try {
      // Not followed: the address is a secret, and its owner is the only one to learn of the run.
      const response = await outgoingFetch(address, { signal: this.#clock.abortAfter(maxMs) });
      await response.body?.cancel();
    } catch {
      // See above.
    }
  }
}

/** Where no service expects a heartbeat. */
export const noHeartbeat: Heartbeat = { report: async () => undefined };
