import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { BatchManagementClientOptionalParams } from "@azure/arm-batch";
import { RateLimiter } from "./rate-limiter";
import { retryAfterMs } from "./retry-after";
import { answered, notSent, PipelineStop } from "./failures/sdk-failure";
import { seconds } from "../../rotation/time/units";

export type PolicyConfig = NonNullable<BatchManagementClientOptionalParams["additionalPolicies"]>[number];

/** For requests that may be repeated: three attempts within a few seconds. */
export const readingRetries = { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 4_000 } as const;

/** For requests that must not be repeated: the SDKs repeat a lost POST or PUT like any other request. */
export const noRetries = { maxRetries: 0 } as const;

/** A service that asks to wait longer than this is not waited for within a call: the driver comes back later. */
const maxWaitMs = seconds(5);

/**
 * Ends a call whose service asks for a long wait. The SDKs' sleep after `Retry-After` has no upper limit (3600 is an
 * hour), and when the caller's signal ends it at last, how long to wait is forgotten.
 */
export const stopAtLongWaits: PolicyConfig = {
  position: "perRetry",
  policy: {
    name: "stopAtLongWaits",
    async sendRequest(request, next) {
      const response = await next(request);
      const wait = [429, 503].includes(response.status) ? retryAfterMs(response.headers) : null;
      if (wait === null || wait <= maxWaitMs) return response;
      throw new PipelineStop(answered(response.status, response.headers));
    },
  },
};

/** One subscription's allowances at Resource Manager, as this process knows them. */
interface ArmLimiters {
  readonly reads: RateLimiter;
  readonly writes: RateLimiter;
}

/**
 * Resource Manager's limits, per subscription and identity: for writes a bucket of 200, refilled at 10 a second; for
 * reads 250 and 25. It counts `listKeys` and `regenerateKeys` as writes.
 */
export const armLimiters = (): ArmLimiters => ({
  reads: limiter(250 - keptBack, 25),
  writes: limiter(200 - keptBack, 10),
});

/** Requests do not arrive as evenly as they are sent: of some that arrive together, the last would be refused. */
const keptBack = 10;

const limiter = (capacity: number, refillPerSecond: number): RateLimiter =>
  new RateLimiter({
    capacity,
    refillPerSecond,
    now: () => performance.now(),
    sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
  });

/** The allowances of every subscription, for all that this process asks Resource Manager about them. */
export class ArmAllowances {
  readonly #bySubscription = new Map<string, ArmLimiters>();

  of(subscriptionId: string): ArmLimiters {
    const id = subscriptionId.toLowerCase();
    const known = this.#bySubscription.get(id) ?? armLimiters();
    this.#bySubscription.set(id, known);
    return known;
  }

  /** Of the subscription in the address of a request; those without one share an allowance. */
  ofAddress(url: string): ArmLimiters {
    return this.of(/\/subscriptions\/([^/?]+)/i.exec(url)?.[1] ?? "");
  }
}

/** Takes a token for every request, repeated ones too. A request that got none has certainly not been sent. */
export const limitRequests = (allowances: Pick<ArmAllowances, "ofAddress">): PolicyConfig => ({
  position: "perRetry",
  policy: {
    name: "limitRequests",
    async sendRequest(request, next) {
      const signal = request.abortSignal instanceof AbortSignal ? request.abortSignal : undefined;
      const { reads, writes } = allowances.ofAddress(request.url);
      await (request.method === "GET" ? reads : writes).take(signal).catch(() => {
        throw new PipelineStop(notSent("RateLimited"));
      });
      return next(request);
    },
  },
});

/** What each call that is under way does before it sends. */
export class LastLooks {
  readonly #looks = new AsyncLocalStorage<() => Promise<void>>();

  /**
   * Runs `send` so that `look` comes when only the sending is left. Where it throws, nothing is sent, and this throws
   * the same.
   */
  async run<T>(look: () => Promise<void>, send: () => Promise<T>): Promise<T> {
    const stopped: { error?: unknown } = {};
    const looked = async (): Promise<void> => {
      try {
        await look();
      } catch (error) {
        stopped.error = error;
        throw new PipelineStop(notSent("LastLook"));
      }
    };
    try {
      return await this.#looks.run(looked, send);
    } catch (error) {
      throw "error" in stopped ? stopped.error : error;
    }
  }

  /** Comes last among the policies of a pipeline. */
  readonly policy: PolicyConfig = {
    position: "perRetry",
    policy: {
      name: "lastLook",
      sendRequest: async (request, next) => {
        await this.#looks.getStore()?.();
        return next(request);
      },
    },
  };
}

/** The caller's signal, or the end of the longest time one call may take: no SDK sets a time limit of its own. */
export const withDeadline = (signal: AbortSignal, ms: number): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(ms)]);

/** Waits for `work` no longer than `signal` allows; the work itself goes on, as others wait for it too. */
export const waitFor = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(new PipelineStop(notSent("AbortError")));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    const settled = (): void => signal.removeEventListener("abort", abort);
    work.then(resolve, reject).finally(settled);
  });
