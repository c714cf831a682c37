import * as fc from "fast-check";
import type { ConsumerConfig, GateConfig } from "../../../../lib/rotation/account-config";
import { confirmationsOf } from "../../../../lib/rotation/gate/confirmations";
import { complaintOf, consumerState } from "../../../../lib/rotation/gate/consumers";
import { nothingSeen } from "../../../../lib/rotation/gate/sightings";
import { mergeReport } from "../../../../lib/rotation/gate/leaving";
import { healthUrlInstance, type InstanceReport, refusedInstance } from "../../../../lib/rotation/gate/signals";
import { aConsumer, aGate } from "../../../builders/account";
import { aReport, aSignal, reported } from "../../../builders/report";
import { anAppServiceSeen, siteId } from "../../../builders/sight";
import { theSecondary, v1, v2 } from "../../../builders/state";
import { at, hours, minutes, when } from "../../../builders/time";

interface Situation {
  readonly consumer?: Partial<ConsumerConfig>;
  readonly gate?: Partial<GateConfig>;
  readonly reports: readonly InstanceReport[];
  readonly now?: string;
}

/** The state of `render-api`, at 10:15 by default. The version `v2` was published at 10:00. */
const stateOf = ({ consumer, gate, reports, now = "10:15" }: Situation) =>
  consumerState(aConsumer(consumer), aGate(gate), theSecondary(), { ...nothingSeen, reports }, when(now));

const goodFrom = (goodSince: string, evidence = "report") => ({ state: "Good", goodSince, evidence });
const shut = (state: string, since: string, detail: string) => ({ state, detail, since });

describe("a consumer is good", () => {
  it("when its one instance reports the published version, healthy and fresh", () => {
    expect(stateOf({ reports: [aReport({ goodSince: at("10:01") })] })).toEqual(goodFrom(at("10:01")));
  });

  it("regardless of the reports of other consumers", () => {
    const other = aReport({ consumer: "nightly-etl", healthy: false, goodSince: null, secretVersion: v1 });
    expect(stateOf({ reports: [other, aReport()] }).state).toBe("Good");
  });

  it("with more instances than are configured", () => {
    const reports = [aReport({ instance: "vm-1" }), aReport({ instance: "vm-2" }), aReport({ instance: "vm-3" })];
    expect(stateOf({ consumer: { instances: 2 }, reports }).state).toBe("Good");
  });
});

describe("NoSignalYet", () => {
  it("when no instance has ever reported", () => {
    expect(stateOf({ reports: [] })).toEqual(
      shut(
        "NoSignalYet",
        at("10:00"),
        `no instance of render-api has reported version ${v2}, published at 2026-11-24T10:00:00.000Z`,
      ),
    );
  });

  it("when every instance is forgotten, with the last report", () => {
    const reports = [
      aReport({ instance: "vm-1", at: at("09:00", 23) }),
      aReport({ instance: "vm-2", at: at("09:30", 23) }),
      aReport({ instance: "vm-3", at: at("08:00", 23) }),
    ];
    expect(stateOf({ reports })).toMatchObject({
      state: "NoSignalYet",
      detail:
        `no instance of render-api has reported version ${v2}, published at 2026-11-24T10:00:00.000Z, not heard of ` +
        "since 2026-11-23T09:30:00.000Z (forgotten after P1D)",
    });
  });
});

describe("SignalStale", () => {
  it("when the last report is older than signalFreshness, but not at exactly that age", () => {
    const reports = [aReport({ at: at("10:10") })];
    expect(stateOf({ reports, now: "10:25" }).state).toBe("Good");
    expect(stateOf({ reports, now: "10:25:00.001" })).toEqual(
      shut(
        "SignalStale",
        at("10:25"),
        `render-api/vm-1 last reported at 2026-11-24T10:10:00.000Z, on version ${v2}, longer than PT15M ago`,
      ),
    );
  });

  it("when one of several is silent", () => {
    const reports = [aReport({ instance: "vm-1" }), aReport({ instance: "vm-2", at: at("09:00") })];
    expect(stateOf({ reports })).toMatchObject(
      shut(
        "SignalStale",
        at("09:15"),
        expect.stringContaining("render-api/vm-2 last reported at 2026-11-24T09:00:00.000Z"),
      ),
    );
  });
});

describe("forgetting", () => {
  const good = aReport({ instance: "vm-1", at: at("10:10") });
  const silent = aReport({ instance: "vm-2", at: at("09:10"), secretVersion: v1 });
  const gate = { forgetInstanceAfterMs: hours(1) };

  it("keeps an instance on the previous key or without reports for forgetInstanceAfter", () => {
    expect(stateOf({ gate, reports: [good, silent], now: "10:10" }).state).toBe("SignalStale");
  });

  it("removes it thereafter, and the consumer is good only from then on", () => {
    expect(stateOf({ gate, reports: [good, silent], now: "10:10:00.001" })).toEqual(goodFrom(at("10:10")));
  });

  it("does not count a forgotten instance as one of the required number", () => {
    expect(stateOf({ gate, consumer: { instances: 2 }, reports: [good, silent], now: "10:11" }).state).toBe(
      "InstancesMissing",
    );
  });
});

test("InstancesMissing when fewer are known than are configured", () => {
  const reports = [aReport({ instance: "vm-1" }), aReport({ instance: "vm-2" })];
  expect(stateOf({ consumer: { instances: 2 }, reports }).state).toBe("Good");
  expect(stateOf({ consumer: { instances: 3 }, reports })).toEqual(
    shut(
      "InstancesMissing",
      at("10:00"),
      `2 of 3 instances of render-api have reported (vm-1, vm-2); version ${v2} was published at ` + at("10:00"),
    ),
  );
});

describe("OnPreviousKey", () => {
  it("when one instance reports another version than the published one", () => {
    const reports = [aReport({ instance: "vm-1" }), aReport({ instance: "vm-2", secretVersion: v1, at: at("10:12") })];
    expect(stateOf({ reports })).toEqual(
      shut(
        "OnPreviousKey",
        at("10:00"),
        `render-api/vm-2 reported version ${v1} at 2026-11-24T10:12:00.000Z, not ${v2}`,
      ),
    );
  });

  it("when the last report of an instance is older than the publication", () => {
    const before = aReport({ secretVersion: v1, at: at("09:59"), goodSince: at("08:00") });
    expect(stateOf({ reports: [before], now: "10:01" }).state).toBe("OnPreviousKey");
  });
});

describe("ProofMissing", () => {
  const required = { proof: "required" } as const;

  it("when a proof is required and the newest report carries none", () => {
    expect(stateOf({ consumer: required, reports: [aReport({ proven: false })] })).toEqual(
      shut(
        "ProofMissing",
        at("10:10"),
        `render-api/vm-1 reported version ${v2} at 2026-11-24T10:10:00.000Z without a proof`,
      ),
    );
  });

  it("when one of several instances has sent no proof", () => {
    const proven = aReport({ instance: "vm-1", proven: true, provenSince: at("10:01") });
    expect(stateOf({ consumer: required, reports: [proven, aReport({ instance: "vm-2" })] }).state).toBe(
      "ProofMissing",
    );
  });

  it("not where a proof is optional", () => {
    expect(stateOf({ consumer: { proof: "optional" }, reports: [aReport({ proven: false })] }).state).toBe("Good");
  });

  it("not when every instance has proven its key", () => {
    const proven = aReport({ proven: true, provenSince: at("10:01") });
    expect(stateOf({ consumer: required, reports: [proven] }).state).toBe("Good");
  });
});

describe("Unhealthy", () => {
  const ill = aReport({ healthy: false, goodSince: null, unhealthySince: at("10:08"), detail: "AuthenticationFailed" });

  it("when one instance reports it, with its detail", () => {
    expect(stateOf({ reports: [aReport({ instance: "vm-0" }), ill] })).toEqual(
      shut(
        "Unhealthy",
        at("10:08"),
        `render-api/vm-1 is unhealthy on version ${v2}, as reported at 2026-11-24T10:10:00.000Z: ` +
          "AuthenticationFailed",
      ),
    );
  });

  it("without detail if there was none, and since its report if nothing else is known", () => {
    expect(stateOf({ reports: [{ ...ill, detail: null, unhealthySince: null }] })).toEqual(
      shut(
        "Unhealthy",
        at("10:10"),
        `render-api/vm-1 is unhealthy on version ${v2}, as reported at 2026-11-24T10:10:00.000Z`,
      ),
    );
  });
});

const goodSince = (situation: Situation): string | null => {
  const found = stateOf(situation);
  return found.state === "Good" ? found.goodSince : null;
};

describe("since when a consumer is good", () => {
  it("is never before the publication", () => {
    expect(goodSince({ reports: [aReport({ goodSince: at("09:00") })] })).toBe(at("10:00"));
  });

  it("is the instant when its last instance became good", () => {
    const reports = [
      aReport({ instance: "vm-1", goodSince: at("10:01") }),
      aReport({ instance: "vm-2", goodSince: at("10:07") }),
      aReport({ instance: "vm-3", goodSince: at("10:03") }),
    ];
    expect(goodSince({ reports })).toBe(at("10:07"));
  });

  it("is not postponed by a new instance that is good from its first report", () => {
    const reports = [
      aReport({ instance: "vm-1", goodSince: at("10:01") }),
      aReport({ instance: "vm-2", goodSince: at("10:09"), joinedHealthy: true }),
    ];
    expect(goodSince({ reports })).toBe(at("10:01"));
  });

  it("is postponed by new instances until the required number is reached", () => {
    const reports = [
      aReport({ instance: "vm-1", goodSince: at("10:01"), joinedHealthy: true }),
      aReport({ instance: "vm-2", goodSince: at("10:09"), joinedHealthy: true }),
      aReport({ instance: "vm-3", goodSince: at("10:05"), joinedHealthy: true }),
    ];
    expect(goodSince({ consumer: { instances: 2 }, reports })).toBe(at("10:05"));
    expect(goodSince({ consumer: { instances: 3 }, reports })).toBe(at("10:09"));
  });

  it("is the instant of the last instance's proof, if a proof is required", () => {
    const reports = [aReport({ proven: true, goodSince: at("10:01"), provenSince: at("10:06") })];
    expect(goodSince({ consumer: { proof: "required" }, reports })).toBe(at("10:06"));
    expect(goodSince({ consumer: { proof: "optional" }, reports })).toBe(at("10:01"));
  });

  it("is postponed by a new instance that proves its key only later", () => {
    const reports = [
      aReport({ instance: "vm-1", proven: true, goodSince: at("10:01"), provenSince: at("10:01") }),
      aReport({
        instance: "vm-2",
        proven: true,
        goodSince: at("10:05"),
        provenSince: at("10:08"),
        joinedHealthy: true,
      }),
    ];
    expect(goodSince({ consumer: { proof: "required" }, reports })).toBe(at("10:08"));
  });

  it("is the receipt of the last report if no streak is known", () => {
    const odd = aReport({ goodSince: null, proven: true, provenSince: null, receivedAt: at("10:11") });
    expect(goodSince({ reports: [odd] })).toBe(at("10:11"));
    expect(goodSince({ consumer: { proof: "required" }, reports: [odd] })).toBe(at("10:11"));
  });
});

describe("a consumer with a health URL", () => {
  const consumer = { healthUrl: "https://render.example/health" };
  const silent = aReport({
    instance: healthUrlInstance,
    healthy: false,
    goodSince: null,
    unhealthySince: at("10:06"),
    detail: "its health URL answered 500, not 200",
  });
  const answering = { ...silent, healthy: true, goodSince: at("10:03"), unhealthySince: null, detail: null };

  it("is good when its URL answers and its instances are good", () => {
    const reports = [aReport({ goodSince: at("10:04") }), answering];
    expect(stateOf({ consumer, reports })).toEqual(goodFrom(at("10:04")));
  });

  it("is unhealthy from the first bad answer to the next good one, whatever its instances report", () => {
    expect(stateOf({ consumer, reports: [aReport(), silent] })).toEqual(
      shut(
        "Unhealthy",
        at("10:06"),
        "render-api: its health URL answered 500, not 200, last at 2026-11-24T10:10:00.000Z, " +
          `asked about version ${v2}`,
      ),
    );
  });

  it("is unhealthy even without further details", () => {
    expect(stateOf({ consumer, reports: [{ ...silent, detail: null, unhealthySince: null }] })).toEqual(
      shut(
        "Unhealthy",
        at("10:10"),
        `render-api: its health URL, last at 2026-11-24T10:10:00.000Z, asked about version ${v2}`,
      ),
    );
  });

  it("restarts its soak after a bad answer: it is good only since the next good one", () => {
    const reports = [aReport({ goodSince: at("10:01") }), { ...answering, goodSince: at("10:12") }];
    expect(stateOf({ consumer, reports })).toEqual(goodFrom(at("10:12")));
  });

  it("does not count its URL as an instance", () => {
    expect(stateOf({ consumer, reports: [answering] }).state).toBe("NoSignalYet");
    expect(stateOf({ consumer: { ...consumer, instances: 2 }, reports: [aReport(), answering] }).state).toBe(
      "InstancesMissing",
    );
  });

  it("ignores the reports of a URL that is no longer configured", () => {
    expect(stateOf({ consumer: { healthUrl: null }, reports: [aReport(), silent] })).toEqual(goodFrom(at("10:01")));
  });
});

const complaint = (reports: readonly InstanceReport[], now = "10:15", consumer: Partial<ConsumerConfig> = {}) =>
  complaintOf(aConsumer(consumer), aGate(), theSecondary(), reported(...reports), when(now));

describe("the trouble of a consumer", () => {
  const asked = { healthUrl: "https://render.example/health" };
  const ill = aReport({ healthy: false, goodSince: null, unhealthySince: at("10:08"), detail: "AuthenticationFailed" });
  const trouble = {
    detail:
      `render-api/vm-1 is unhealthy on version ${v2}, ` +
      "as reported at 2026-11-24T10:10:00.000Z: AuthenticationFailed",
    since: at("10:08"),
  };

  it("is null when all instances are healthy or none has reported", () => {
    expect(complaint([aReport()])).toBeNull();
    expect(complaint([])).toBeNull();
    expect(complaint([aReport()], "10:15", asked)).toBeNull();
  });

  it("is found whatever other reason keeps the gate shut", () => {
    expect(complaint([aReport({ instance: "vm-0", secretVersion: v1 }), ill])).toEqual(trouble);
  });

  it("ends when the unhealthy instance is forgotten, not when it becomes silent", () => {
    expect(complaint([ill], "11:00")).toEqual(trouble);
    const { forgetInstanceAfterMs } = aGate();
    expect(forgetInstanceAfterMs).toBe(hours(24));
    const dayLater = (time: string) => complaintOf(aConsumer(), aGate(), theSecondary(), reported(ill), when(time, 25));
    expect(dayLater("10:10")).toEqual(trouble);
    expect(dayLater("10:10:00.001")).toBeNull();
  });

  it("names its health URL first", () => {
    const silent = aReport({ ...ill, instance: healthUrlInstance, detail: "its health URL answered 500, not 200" });
    expect(complaint([ill, silent], "10:15", asked)?.detail).toBe(
      `render-api: its health URL answered 500, not 200, last at 2026-11-24T10:10:00.000Z, asked about version ${v2}`,
    );
    expect(complaint([silent])).toBeNull();
  });
});

test("a publication is confirmed by the known, healthy instances of configured consumers on its version", () => {
  const gate = aGate({ consumers: [aConsumer({ name: "render-api" }), aConsumer({ name: "nightly-etl" })] });
  const reports = [
    aReport({ instance: "good" }),
    aReport({ consumer: "nightly-etl", instance: "good as well" }),
    aReport({ instance: "ill", healthy: false }),
    aReport({ instance: "on the previous version", secretVersion: v1 }),
    aReport({ instance: "forgotten", at: at("10:14:59.999", 23) }),
    aReport({ consumer: "not-configured" }),
    aReport({ instance: healthUrlInstance }),
  ];
  const confirmed = confirmationsOf(gate, theSecondary(), reported(...reports), when("10:15"));
  expect(confirmed.map(({ instance }) => instance)).toEqual(["good", "good as well"]);
});

describe("unsigned reports of an instance that signs", () => {
  const signing = { proven: true, provenSince: at("10:01") } as const;
  const claim = { at: at("10:12"), secretVersion: v2, healthy: true, detail: null, since: at("10:12") } as const;

  it("that name another version keep the consumer on the previous key", () => {
    const report = aReport({ ...signing, goodSince: null, unsigned: { ...claim, secretVersion: v1 } });
    expect(stateOf({ reports: [report] })).toEqual(
      shut(
        "OnPreviousKey",
        at("10:00"),
        `render-api/vm-1 reported version ${v1} at 2026-11-24T10:12:00.000Z, not ${v2}, ` +
          "without a proof after signed reports",
      ),
    );
  });

  it("that are unhealthy make the consumer unhealthy", () => {
    const report = aReport({ ...signing, goodSince: null, unsigned: { ...claim, healthy: false, detail: "403" } });
    const unhealthy = shut(
      "Unhealthy",
      at("10:12"),
      `render-api/vm-1 is unhealthy on version ${v2}, as reported at 2026-11-24T10:12:00.000Z, ` +
        "without a proof after signed reports: 403",
    );
    expect(stateOf({ reports: [report] })).toEqual(unhealthy);
    expect(complaintOf(aConsumer(), aGate(), theSecondary(), reported(report), when("10:15"))).toMatchObject({
      detail: unhealthy.detail,
    });
    expect(confirmationsOf(aGate(), theSecondary(), reported(report), when("10:15"))).toEqual([]);
  });

  it("that say the same change nothing where proof is optional, and are a missing proof where it is required", () => {
    const report = aReport({ ...signing, provenSince: null, unsigned: claim });
    expect(stateOf({ reports: [report] })).toEqual(goodFrom(at("10:01")));
    expect(confirmationsOf(aGate(), theSecondary(), reported(report), when("10:15"))).toEqual([
      { ...report, evidence: "report" },
    ]);
    const missing = shut(
      "ProofMissing",
      at("10:12"),
      `render-api/vm-1 reported version ${v2} at 2026-11-24T10:12:00.000Z without a proof`,
    );
    expect(stateOf({ consumer: { proof: "required" }, reports: [report] })).toEqual(missing);
    const fromOld = { ...report, secretVersion: v1 };
    expect(stateOf({ consumer: { proof: "required" }, reports: [fromOld] })).toEqual(missing);
    expect(stateOf({ reports: [fromOld] })).toEqual(
      shut(
        "OnPreviousKey",
        at("10:00"),
        `render-api/vm-1 reported version ${v1} at 2026-11-24T10:10:00.000Z, not ${v2}; ` +
          "its unsigned reports since then do not count",
      ),
    );
  });

  it("keep it from being forgotten, and do not keep it fresh", () => {
    const report = aReport({ ...signing, at: at("09:00", 23), unsigned: { ...claim, at: at("10:14") } });
    expect(stateOf({ reports: [report] })).toEqual(
      shut(
        "SignalStale",
        at("09:15", 23),
        `render-api/vm-1 last reported at 2026-11-23T09:00:00.000Z, on version ${v2}, longer than PT15M ago; ` +
          "its unsigned reports, until 2026-11-24T10:14:00.000Z, do not count",
      ),
    );
  });
});

describe("instances whose reports are refused", () => {
  const refused = aReport({ instance: refusedInstance, at: at("10:05") });

  it("keep the gate shut until they are forgotten, because one may be on the previous key", () => {
    expect(stateOf({ reports: [aReport(), refused] })).toEqual(
      shut(
        "InstancesMissing",
        at("10:05"),
        "render-api has 10,000 instances, and reports of further ones are refused, last at 2026-11-24T10:05:00.000Z: " +
          "give each instance a name that stays the same when it restarts, shorten forgetInstanceAfter, or divide " +
          "the app into several consumers",
      ),
    );
    expect(stateOf({ reports: [aReport(), { ...refused, at: at("10:14:59.999", 23) }] }).state).toBe("Good");
    expect(stateOf({ reports: [refused] }).state).toBe("NoSignalYet");
  });
});

test("an instance that has left and reports unsigned since then is not one of the required number", () => {
  const left = aReport({ instance: "vm-2", goodSince: at("10:00"), leftAt: at("10:00") });
  const since = at("10:10");
  const back = { ...left, unsigned: { at: since, secretVersion: v2, healthy: true, detail: null, since } };
  const joined = { joinedHealthy: true };
  const one = aReport({ goodSince: at("10:02"), ...joined });
  const reports = [one, aReport({ instance: "vm-3", goodSince: at("10:05"), ...joined }), { ...back, ...joined }];
  expect(stateOf({ consumer: { instances: 2 }, reports })).toEqual(goodFrom(at("10:05")));
});

test("InstancesMissing names twenty instances at most", () => {
  const reports = Array.from({ length: 23 }, (_, index) => aReport({ instance: `vm-${index}` }));
  const found = stateOf({ consumer: { instances: 24 }, reports });
  expect(found).toMatchObject({
    state: "InstancesMissing",
    detail: expect.stringContaining("vm-18, vm-19 and 3 more); version"),
  });
});

test("a consumer with 200,000 rows has a state like any other", () => {
  const rows = Array.from({ length: 200_000 }, (_, index) =>
    aReport({ instance: `run-${index}`, at: at(index % 2 === 0 ? "10:10" : "10:00", 23) }),
  );
  const known = rows.map((report) => ({ ...report, at: at("10:14") }));
  expect(stateOf({ reports: rows })).toMatchObject({ state: "NoSignalYet" });
  expect(stateOf({ reports: known })).toEqual(goodFrom(at("10:01")));
  expect(stateOf({ reports: [...rows, aReport({ instance: "vm-1" })] })).toEqual(goodFrom(at("10:10")));
});

describe("for any history of signals", () => {
  const freshness = minutes(3);
  const forget = minutes(10);
  const gate = aGate({ signalFreshnessMs: freshness, forgetInstanceAfterMs: forget });
  const times = Array.from({ length: 60 }, (_, minute) => new Date(Date.UTC(2026, 10, 24, 10, minute)));
  const instances = ["vm-1", "vm-2", "vm-3"] as const;

  /** One minute of one instance: mostly a good signal, sometimes none, unhealthy, the old version or without proof. */
  const acts = {
    good: { secretVersion: v2, healthy: true, proven: true },
    old: { secretVersion: v1, healthy: true, proven: true },
    ill: { secretVersion: v2, healthy: false, proven: true },
    unproven: { secretVersion: v2, healthy: true, proven: false },
    leaves: { secretVersion: v2, healthy: true, proven: true, leaving: true },
    leavesOld: { secretVersion: v1, healthy: true, proven: true, leaving: true },
    silent: null,
  } as const;
  const act = fc.oneof<fc.WeightedArbitrary<keyof typeof acts>[]>(
    { weight: 12, arbitrary: fc.constant("good") },
    { weight: 4, arbitrary: fc.constant("silent") },
    { weight: 3, arbitrary: fc.constantFrom("old", "ill", "unproven") },
    { weight: 1, arbitrary: fc.constantFrom("leaves", "leavesOld") },
  );
  /** Long silences matter, so an instance also has periods in which it is switched off. */
  const life = fc.record({
    does: fc.array(act, { minLength: times.length, maxLength: times.length }),
    off: fc.array(fc.record({ from: fc.nat({ max: 59 }), length: fc.integer({ min: 3, max: 25 }) }), { maxLength: 2 }),
  });

  it("a consumer is never reported as good for longer than it has been", () => {
    fc.assert(
      fc.property(
        fc.tuple(life, life, life),
        fc.nat({ max: 2 }),
        fc.constantFrom("optional" as const, "required" as const),
        (lives, count, proof) => {
          const consumer = aConsumer({ instances: count, proof });
          const reports = new Map<string, InstanceReport>();
          let shutAt = "";
          const tooLong: string[] = [];
          const look = (now: Date): void => {
            const found = consumerState(consumer, gate, theSecondary(), reported(...reports.values()), now);
            if (found.state !== "Good") shutAt = now.toISOString();
            else if (found.goodSince < shutAt) tooLong.push(`good since ${found.goodSince}, but not at ${shutAt}`);
          };
          times.forEach((now, minute) => {
            look(now);
            lives.forEach(({ does, off }, i) => {
              const instance = instances[i] ?? "";
              const sent = acts[does[minute] ?? "silent"];
              if (sent === null || off.some(({ from, length }) => minute >= from && minute < from + length)) return;
              const signal = aSignal({ ...sent, instance, at: now.toISOString() });
              const rules = { signalFreshnessMs: freshness, forgetInstanceAfterMs: forget, proof };
              const merged = mergeReport(reports.get(instance) ?? null, signal, now.toISOString(), rules);
              if (merged !== null) reports.set(instance, merged.report);
            });
            look(now);
          });
          expect(tooLong).toEqual([]);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("the evidence of a consumer that is good", () => {
  const signed = { proven: true, provenSince: at("10:05") };

  it.each<[string, readonly InstanceReport[], string]>([
    ["a proof, where every instance has signed", [aReport(signed), aReport({ ...signed, instance: "vm-2" })], "proof"],
    ["a report, where one has not", [aReport(signed), aReport({ instance: "vm-2" })], "report"],
    [
      "a report, where one reports unsigned after it has signed",
      [
        aReport({
          ...signed,
          unsigned: { at: at("10:11"), secretVersion: v2, healthy: true, detail: null, since: at("10:11") },
        }),
      ],
      "report",
    ],
  ])("is %s", (_, reports, evidence) => {
    expect(stateOf({ reports })).toMatchObject({ state: "Good", evidence });
  });

  it("is that of the last word of the instances that have left, where none has to run", () => {
    const consumer = { instances: 0 };
    expect(stateOf({ consumer, reports: [aReport({ ...signed, leftAt: at("10:12") })] })).toMatchObject({
      evidence: "proof",
    });
    expect(stateOf({ consumer, reports: [aReport({ leftAt: at("10:12") })] })).toMatchObject({ evidence: "report" });
  });

  it("shuts the gate where the configuration demands more", () => {
    const gate = { leastEvidence: "proof" } as const;
    expect(stateOf({ gate, reports: [aReport({ ...signed, instance: "vm-0" }), aReport()] })).toEqual(
      shut(
        "EvidenceTooWeak",
        at("10:10"),
        "render-api is good by evidence of grade report, and gate.leastEvidence is proof; " +
          "render-api/vm-1 has not signed its report",
      ),
    );
    expect(stateOf({ gate, reports: [aReport(signed)] })).toEqual(goodFrom(at("10:05"), "proof"));
  });

  it("shuts the gate of an app that only its platform shows", () => {
    const consumer = {
      name: "render-web",
      platform: { kind: "appService", resourceId: siteId, refresh: true, restart: false },
    } as const;
    const sightings = { ...nothingSeen, platforms: [anAppServiceSeen()] };
    const found = (leastEvidence: GateConfig["leastEvidence"]) =>
      consumerState(aConsumer(consumer), aGate({ leastEvidence }), theSecondary(), sightings, when("10:15"));
    expect(found("log").state).toBe("Good");
    expect(found("platform").state).toBe("Good");
    expect(found("report")).toEqual(
      shut(
        "EvidenceTooWeak",
        at("10:02"),
        "render-web is good by evidence of grade platform, and gate.leastEvidence is report",
      ),
    );
  });
});

test.each([
  { kind: "containerApp", resourceId: "/subscriptions/s/containerApps/a" },
  { kind: "dataFactory", resourceId: "/subscriptions/s/factories/f", linkedService: "Batch" },
] as const)("a consumer whose platform has never been looked at is not good (%j)", (platform) => {
  expect(stateOf({ consumer: { platform }, reports: [] })).toMatchObject({ state: "RefreshPending" });
});
