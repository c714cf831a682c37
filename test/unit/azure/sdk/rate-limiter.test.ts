import { createHttpHeaders, createPipelineRequest, type HttpMethods } from "@azure/core-rest-pipeline";
import { ArmAllowances, armLimiters, limitRequests } from "../../../../lib/azure/sdk/pipeline";
import { RateLimiter } from "../../../../lib/azure/sdk/rate-limiter";

/** A virtual clock: each sleep ends when the test has advanced past it. */
const aLimiter = (capacity: number, refillPerSecond: number) => {
  let nowMs = 0;
  const sleepers: { until: number; wake: () => void; slept: number }[] = [];
  const limiter = new RateLimiter({
    capacity,
    refillPerSecond,
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleepers.push({ until: nowMs + ms, wake: resolve, slept: ms });
        signal?.addEventListener("abort", () => reject(new Error("aborted")));
      }),
  });
  const advance = async (ms: number): Promise<void> => {
    nowMs += ms;
    for (const sleeper of sleepers) if (sleeper.until <= nowMs) sleeper.wake();
    await new Promise(setImmediate);
  };
  return { limiter, advance, waits: () => sleepers.map(({ slept }) => slept) };
};

const count = (promises: readonly Promise<unknown>[]) => {
  const done = { value: 0 };
  for (const promise of promises) {
    void promise.then(() => {
      done.value += 1;
      return null;
    });
  }
  return done;
};

const take = (limiter: RateLimiter, times: number, signal?: AbortSignal) =>
  Array.from({ length: times }, () => limiter.take(signal));

describe("the rate limiter", () => {
  it("grants a full bucket at once and further tokens at the refill rate", async () => {
    const { limiter, advance } = aLimiter(200, 10);
    const done = count(take(limiter, 215));
    await advance(0);
    expect(done.value).toBe(200);
    await advance(99);
    expect(done.value).toBe(200);
    await advance(1);
    expect(done.value).toBe(201);
    await advance(1400);
    expect(done.value).toBe(215);
  });

  it("never holds more than its capacity", async () => {
    const { limiter, advance } = aLimiter(3, 10);
    await Promise.all(take(limiter, 3));
    await advance(60_000);
    const done = count(take(limiter, 5));
    await advance(0);
    expect(done.value).toBe(3);
  });

  it("serves in order of arrival", () => {
    const { limiter, waits } = aLimiter(1, 10);
    void take(limiter, 4);
    expect(waits()).toEqual([100, 200, 300]);
  });

  it("returns the token of a caller that aborts", async () => {
    const { limiter, advance, waits } = aLimiter(1, 10);
    await limiter.take();
    const abort = new AbortController();
    const waiting = limiter.take(abort.signal);
    abort.abort();
    await expect(waiting).rejects.toThrow("aborted");
    void limiter.take();
    expect(waits()).toEqual([100, 100]);
    await advance(100);
  });

  it("takes no token for a caller that has already aborted", async () => {
    const { limiter } = aLimiter(1, 10);
    await expect(limiter.take(AbortSignal.abort())).rejects.toThrow(/abort/);
    await expect(limiter.take()).resolves.toBeUndefined();
  });
});

describe("the allowances of Resource Manager", () => {
  it.each([
    ["writes", 190],
    ["reads", 240],
  ] as const)("for %s let %i requests go at once, ten less than it documents", async (kind, atOnce) => {
    const limiter = armLimiters()[kind];
    const end = new AbortController();
    let sent = 0;
    const all = Array.from({ length: 260 }, () =>
      limiter.take(end.signal).then(
        () => (sent += 1),
        () => null,
      ),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toBe(atOnce);
    end.abort();
    await Promise.all(all);
  });
});

describe("the allowance of a request", () => {
  const allowances = new ArmAllowances();
  const of = (path: string) => allowances.ofAddress(`https://management.azure.com${path}?api-version=1`);

  it("is that of its subscription, whichever service and spelling", () => {
    const batch = of("/subscriptions/AB/resourceGroups/r/providers/Microsoft.Batch/batchAccounts/a/listKeys");
    expect(of("/subscriptions/ab/resourceGroups/r/providers/Microsoft.Web/sites/s/restart")).toBe(batch);
    expect(allowances.of("ab")).toBe(batch);
    expect(of("/subscriptions/cd/resourceGroups/r/providers/Microsoft.Web/sites/s")).not.toBe(batch);
  });

  it("of no subscription is one of its own", () => {
    expect(of("/providers/Microsoft.ResourceGraph/resources")).not.toBe(allowances.of("ab"));
  });
});

/** How many of this many requests are sent where each allowance has this many tokens, and is never refilled. */
const sentOf = async (method: HttpMethods, tokens: { readonly reads: number; readonly writes: number }) => {
  const limits = { reads: aLimiter(tokens.reads, 0.001).limiter, writes: aLimiter(tokens.writes, 0.001).limiter };
  const { policy } = limitRequests({ ofAddress: () => limits });
  const end = new AbortController();
  let sent = 0;
  const all = Array.from({ length: 10 }, () => {
    const request = createPipelineRequest({ url: "https://management.azure.com", method, abortSignal: end.signal });
    const next = async () => {
      sent += 1;
      return { request, status: 200, headers: createHttpHeaders() };
    };
    return policy.sendRequest(request, next).catch((error: unknown) => error);
  });
  await new Promise((resolve) => setImmediate(resolve));
  end.abort();
  const refused = (await Promise.all(all)).filter((each) => each instanceof Error).length;
  return { sent, refused };
};

describe("requests to Resource Manager", () => {
  it.each([
    ["GET", { sent: 3, refused: 7 }],
    ["POST", { sent: 5, refused: 5 }],
    ["PUT", { sent: 5, refused: 5 }],
  ] as const)(
    "wait for their own allowance (%s), and one that gets no token is certainly not sent",
    async (method, expected) => {
      expect(await sentOf(method, { reads: 3, writes: 5 })).toEqual(expected);
    },
  );
});
