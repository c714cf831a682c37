import * as fc from "fast-check";
import type { GateConfig } from "../../../../lib/rotation/account-config";
import { type GateInput, gate, retireAt } from "../../../../lib/rotation/gate/gate";
import type { Rotation } from "../../../../lib/rotation/phases";
import type { Hold } from "../../../../lib/rotation/record";
import type { InstanceReport } from "../../../../lib/rotation/gate/signals";
import { type AccountChanges, aConsumer, anAccount } from "../../../builders/account";
import { aPause } from "../../../builders/record";
import { aReport, reported } from "../../../builders/report";
import { anApproval, aRotation, theSecondary, thePrimary, v1, v2 } from "../../../builders/state";
import { at, days, hours, minutes, seconds, when } from "../../../builders/time";

interface Situation extends Partial<Omit<GateInput, "config" | "now" | "state" | "sightings">> {
  readonly account?: AccountChanges;
  readonly gate?: Partial<GateConfig>;
  readonly rotation?: Partial<Rotation>;
  readonly state?: GateInput["state"];
  readonly reports?: readonly InstanceReport[];
  readonly now?: string;
}

/** The gate of a scheduled rotation published at 10:00, by default at 10:15 and, with one good report, open. */
const input = ({
  account,
  gate: changes,
  rotation,
  reports = [aReport()],
  now = "10:15",
  ...rest
}: Situation = {}): GateInput => ({
  config: anAccount({ ...account, gate: { ...account?.gate, ...changes } }),
  state: aRotation(rotation).published(),
  phaseSince: at("10:00"),
  sightings: reported(...reports),
  pause: null,
  hold: null,
  searched: null,
  now: when(now),
  ...rest,
});

const ask = (situation: Situation = {}) => gate(input(situation));
const reasonOf = (situation: Situation): string => {
  const found = ask(situation);
  return found.open ? "open" : found.reason;
};

const plainlyOpen = { open: true, override: null };
const shut = (reason: string, since: string, detail: string) => ({ open: false, reason, detail, since });

const refusedKey: Hold = { reason: "TargetKeyRefused", detail: "Batch refuses the secondary key", since: at("10:03") };
const onWednesdays = { days: ["Wed"], from: "02:00", to: "05:00", timeZone: "UTC" } as const;
const ill: Partial<InstanceReport> = { healthy: false, goodSince: null, unhealthySince: at("10:08") };

describe("the gate", () => {
  it("is open without override when every check passes", () => {
    expect(ask()).toEqual(plainlyOpen);
  });

  it("checks the consumers in the order of the configuration", () => {
    const consumers = [aConsumer({ name: "render-api" }), aConsumer({ name: "nightly-etl" })];
    const missing = ask({ gate: { consumers } });
    expect(missing).toMatchObject({
      open: false,
      reason: "NoSignalYet",
      detail: expect.stringContaining("nightly-etl"),
    });
    const both = ask({ gate: { consumers }, reports: [aReport(ill)] });
    expect(both).toMatchObject({
      open: false,
      reason: "Unhealthy",
      detail: expect.stringContaining("render-api/vm-1"),
    });
  });

  it("stays shut for an account in mode signals without consumers", () => {
    expect(reasonOf({ gate: { mode: "signals", consumers: [] }, reports: [] })).toBe("NoSignalYet");
  });
});

describe("the first failing check is the reason", () => {
  const everythingWrong: Situation = {
    pause: aPause(),
    hold: refusedKey,
    account: { window: onWednesdays },
    gate: { consumers: [aConsumer({ instances: 2, proof: "required" })] },
    reports: [],
    now: "10:05",
  };
  const byMode = {
    approval: { mode: "approval" },
    delay: { mode: "delay", delayMs: hours(1) },
    signals: { mode: "signals" },
  } as const;
  const stale = aReport({ at: at("09:00"), secretVersion: v1, ...ill });
  const fresh = { ...stale, at: at("10:05") };
  const two = (changes: Partial<InstanceReport>) =>
    [fresh, { ...fresh, instance: "vm-2" }].map((r) => ({ ...r, ...changes }));
  const health = { healthy: true, goodSince: at("10:01"), unhealthySince: null };

  /** Each step removes one failing check, in the order of the contract. */
  const ladder: readonly (readonly [string, Situation])[] = [
    ["Paused", {}],
    ["TargetKeyRefused", { pause: null }],
    ["OutsideWindow", { hold: null }],
    ["the mode's own", { account: { window: null } }],
    ["NoSignalYet", { gate: { mode: "signals", delayMs: null } }],
    ["SignalStale", { reports: [stale] }],
    ["InstancesMissing", { reports: [fresh] }],
    ["OnPreviousKey", { reports: two({}) }],
    ["ProofMissing", { reports: two({ secretVersion: v2 }) }],
    ["Unhealthy", { reports: two({ secretVersion: v2, proven: true, provenSince: at("10:01") }) }],
    ["SoakNotElapsed", { reports: two({ secretVersion: v2, proven: true, provenSince: at("10:01"), ...health }) }],
    ["open", { now: "10:11" }],
  ];
  const climb = (steps: number, mode: keyof typeof byMode): Situation =>
    ladder
      .slice(0, steps + 1)
      .reduce<Situation>((sum, [, step]) => ({ ...sum, ...step, gate: { ...sum.gate, ...step.gate } }), {
        ...everythingWrong,
        gate: { ...everythingWrong.gate, ...byMode[mode] },
      });

  it.each([
    ["approval", "ApprovalPending"],
    ["delay", "DelayNotElapsed"],
    ["signals", "NoSignalYet"],
  ] as const)("in mode %s", (mode, own) => {
    const reasons = ladder.map((_, steps) => reasonOf(climb(steps, mode)));
    expect(reasons).toEqual(ladder.map(([reason]) => (reason === "the mode's own" ? own : reason)));
  });

  it.each([
    ["approval", { mode: "approval" }, { state: aRotation().published({ approval: anApproval() }) }],
    ["delay", { mode: "delay", delayMs: minutes(5) }, {}],
  ] as const)(
    "in mode %s the consumers are checked as in any other mode, after the mode's own check",
    (_mode, mode, more) => {
      expect(reasonOf({ gate: { ...mode }, ...more })).toBe("open");
      const unheard = reasonOf({ gate: { ...mode }, ...more, reports: [] });
      expect(unheard).toBe(_mode === "approval" ? "open" : "NoSignalYet");
    },
  );
});

test("Paused states the operator and the reason", () => {
  expect(ask({ pause: aPause({ since: at("10:07") }) })).toEqual(
    shut("Paused", at("10:07"), "paused by operator:ada: a release is under way"),
  );
});

describe("TargetKeyRefused", () => {
  it("shows the last answer of Batch", () => {
    expect(ask({ hold: refusedKey })).toEqual(shut("TargetKeyRefused", at("10:03"), "Batch refuses the secondary key"));
  });

  it.each(["NewKeyNotAcceptedYet", "OldKeyStillAccepted"] as const)("is not the reason of a hold for %s", (reason) => {
    expect(reasonOf({ hold: { ...refusedKey, reason } })).toBe("open");
  });
});

describe("OutsideWindow", () => {
  const onTuesdays = { days: ["Tue"], from: "10:15", to: "11:00", timeZone: "UTC" } as const;
  const soaked = { reports: [aReport({ at: at("10:59") })] };

  it.each([
    ["10:14:59.999", "OutsideWindow"],
    ["10:15", "open"],
    ["10:59:59.999", "open"],
    ["11:00", "OutsideWindow"],
  ])("a scheduled rotation at %s, with a window from 10:15 to 11:00: %s", (now, reason) => {
    expect(reasonOf({ account: { window: onTuesdays }, now, ...soaked })).toBe(reason);
  });

  it("states when the window opens", () => {
    expect(ask({ account: { window: onWednesdays } })).toEqual(
      shut("OutsideWindow", at("10:00"), "the maintenance window opens at 2026-11-25T02:00:00.000Z"),
    );
  });

  it("does not hold a rotation on demand", () => {
    expect(reasonOf({ account: { window: onWednesdays }, rotation: { trigger: "demand" } })).toBe("open");
  });

  it("does not hold an adoption, which changes no key", () => {
    const state = { phase: "adopting", active: theSecondary(), approval: null } as const;
    expect(reasonOf({ account: { window: onWednesdays }, state })).toBe("open");
  });

  it("holds a scheduled rotation that settles", () => {
    const state = aRotation().settling({ active: theSecondary() });
    expect(reasonOf({ account: { window: onWednesdays }, state })).toBe("OutsideWindow");
  });
});

describe("ApprovalPending", () => {
  const mode = { mode: "approval" } as const;

  it("waits for an operator even when every consumer is good", () => {
    expect(ask({ gate: mode })).toEqual(
      shut(
        "ApprovalPending",
        at("10:00"),
        `version ${v2}, published at 2026-11-24T10:00:00.000Z, waits for an operator to approve`,
      ),
    );
  });

  it("ends with an approval", () => {
    expect(ask({ gate: mode, state: aRotation().published({ approval: anApproval() }) })).toEqual(plainlyOpen);
  });

  it("needs no consumer", () => {
    const approved = aRotation().published({ approval: anApproval() });
    expect(reasonOf({ gate: { ...mode, consumers: [] }, reports: [] })).toBe("ApprovalPending");
    expect(reasonOf({ gate: { ...mode, consumers: [] }, reports: [], state: approved })).toBe("open");
  });
});

describe("DelayNotElapsed", () => {
  const mode = { mode: "delay", delayMs: days(7) } as const;

  it("lasts from the publication until just before the end of the delay", () => {
    const reports = [aReport({ at: at("09:59", 30) })];
    const late = { gate: { ...mode, signalFreshnessMs: days(2) }, reports };
    expect(gate({ ...input(late), now: new Date("2026-12-01T09:59:59.999Z") })).toEqual(
      shut(
        "DelayNotElapsed",
        at("10:00"),
        "the delay of P7D since 2026-11-24T10:00:00.000Z ends at 2026-12-01T10:00:00.000Z",
      ),
    );
    expect(gate({ ...input({ ...late, reports: [] }), now: new Date("2026-12-01T10:00:00.000Z") })).toMatchObject({
      reason: "NoSignalYet",
    });
  });

  it("counts from when the rotator first saw a version that is older", () => {
    const state = { phase: "adopting", active: thePrimary({ publishedAt: at("10:00", 1) }), approval: null } as const;
    const found = ask({ gate: mode, state, phaseSince: at("10:00"), reports: [aReport({ secretVersion: v1 })] });
    expect(found).toMatchObject({ reason: "DelayNotElapsed", since: at("10:00") });
  });

  it.each([
    ["in another mode", { mode: "signals", delayMs: days(7) }],
    ["where no delay is set", { mode: "delay", delayMs: null }],
  ] as const)("does not apply %s", (_what, changes) => {
    expect(reasonOf({ gate: changes })).toBe("open");
  });

  it("needs no consumer", () => {
    const lonely = { gate: { mode: "delay", delayMs: minutes(15), consumers: [] }, reports: [] } as const;
    expect(reasonOf({ ...lonely, now: "10:14:59.999" })).toBe("DelayNotElapsed");
    expect(reasonOf({ ...lonely, now: "10:15" })).toBe("open");
  });

  it("is not shortened by an approval, which concerns the consumers", () => {
    const state = aRotation().published({ approval: anApproval() });
    expect(reasonOf({ gate: mode, state })).toBe("DelayNotElapsed");
  });
});

describe("SoakNotElapsed", () => {
  it("waits until all consumers have been good for the whole soak", () => {
    const consumers = [aConsumer({ name: "render-api" }), aConsumer({ name: "nightly-etl" })];
    const reports = [aReport({ goodSince: at("10:01") }), aReport({ consumer: "nightly-etl", goodSince: at("10:04") })];
    expect(ask({ gate: { consumers }, reports, now: "10:13:59.999" })).toEqual(
      shut(
        "SoakNotElapsed",
        at("10:04"),
        `all consumers have been good on version ${v2} since 2026-11-24T10:04:00.000Z, nightly-etl last; the soak ` +
          "of PT10M ends at 2026-11-24T10:14:00.000Z",
      ),
    );
    expect(reasonOf({ gate: { consumers }, reports, now: "10:14" })).toBe("open");
  });

  it("counts from the publication at the earliest", () => {
    const reports = [aReport({ goodSince: at("09:00") })];
    expect(reasonOf({ reports, now: "10:09:59.999" })).toBe("SoakNotElapsed");
    expect(reasonOf({ reports, now: "10:10" })).toBe("open");
  });

  it("may be zero", () => {
    const reports = [aReport({ goodSince: at("10:10"), at: at("10:10") })];
    expect(reasonOf({ gate: { soakMs: 0 }, reports, now: "10:10" })).toBe("open");
  });
});

describe("an operator's approval", () => {
  const approved = aRotation().published({ approval: anApproval() });

  it.each([
    ["NoSignalYet", []],
    ["SignalStale", [aReport({ at: at("09:00") })]],
    ["OnPreviousKey", [aReport({ secretVersion: v1 })]],
    ["Unhealthy", [aReport(ill)]],
    ["SoakNotElapsed", [aReport({ goodSince: at("10:14") })]],
  ])("opens the gate in spite of %s, and names the override", (reason, reports) => {
    expect(reasonOf({ reports })).toBe(reason);
    expect(ask({ reports, state: approved })).toEqual({
      open: true,
      override: expect.stringMatching(
        new RegExp(`^approved by operator:ada \\(checked manually\\), in spite of ${reason}: .`),
      ),
    });
  });

  it.each([
    ["a pause", { pause: aPause() }, "Paused"],
    ["a refused key", { hold: refusedKey }, "TargetKeyRefused"],
    ["the window", { account: { window: onWednesdays } }, "OutsideWindow"],
  ])("does not open it in spite of %s", (_what, situation, reason) => {
    expect(reasonOf({ ...situation, state: approved })).toBe(reason);
  });
});

describe("retireAfter of a rotation on demand", () => {
  const leaked = { trigger: "demand", retireAfterMs: minutes(15), reason: "leaked" } as const;

  it("opens the gate this long after the publication, whatever the consumers report", () => {
    const situation = { rotation: leaked, reports: [aReport({ secretVersion: v1 })] };
    expect(reasonOf({ ...situation, now: "10:14:59.999" })).toBe("OnPreviousKey");
    expect(ask({ ...situation, now: "10:15" })).toEqual({
      open: true,
      override:
        "retireAfter has passed at 2026-11-24T10:15:00.000Z, in spite of OnPreviousKey: render-api/vm-1 reported " +
        `version ${v1} at 2026-11-24T10:10:00.000Z, not ${v2}`,
    });
  });

  it.each([
    ["ApprovalPending", { mode: "approval" }],
    ["DelayNotElapsed", { mode: "delay", delayMs: days(7) }],
    ["SoakNotElapsed", { soakMs: hours(1) }],
  ] as const)("opens it in spite of %s", (reason, changes) => {
    expect(reasonOf({ gate: changes, rotation: leaked, now: "10:14:59" })).toBe(reason);
    expect(reasonOf({ gate: changes, rotation: leaked, now: "10:15" })).toBe("open");
  });

  it.each([
    ["Paused", { pause: aPause() }],
    ["TargetKeyRefused", { hold: refusedKey }],
  ])("does not open it in spite of %s", (reason, situation) => {
    expect(reasonOf({ ...situation, rotation: leaked, now: "11:00" })).toBe(reason);
  });

  it("is not an override when every check passes", () => {
    expect(ask({ rotation: leaked, now: "10:15" })).toEqual(plainlyOpen);
  });

  it("names the last check that it overrode, and takes precedence over an approval", () => {
    const state = aRotation(leaked).published({ approval: anApproval() });
    expect(ask({ state, reports: [] })).toMatchObject({ override: expect.stringContaining("retireAfter has passed") });
  });

  it("has an instant only after the publication", () => {
    expect(retireAt(aRotation(leaked).published())).toBe(at("10:15"));
    expect(retireAt(aRotation().published())).toBeNull();
    expect(retireAt(aRotation(leaked).settling())).toBeNull();
    expect(retireAt({ phase: "adopting", active: thePrimary(), approval: null })).toBeNull();
  });
});

const anyConsumer = (name: string) =>
  fc.record({
    name: fc.constant(name),
    instances: fc.integer({ min: 1, max: 2 }),
    proof: fc.constantFrom("optional" as const, "required" as const),
    healthUrl: fc.constant(null),
    platform: fc.constant(null),
  });
const ageMs = (report: InstanceReport, now: Date): number => now.getTime() - Date.parse(report.at);

describe("for any reports", () => {
  const instant = fc
    .integer({ min: -120, max: 60 })
    .map((m) => new Date(when("10:00").getTime() + minutes(m)).toISOString());
  const report: fc.Arbitrary<InstanceReport> = fc
    .record({
      consumer: fc.constantFrom("render-api", "nightly-etl"),
      at: instant,
      secretVersion: fc.oneof({ weight: 5, arbitrary: fc.constant(v2) }, { weight: 1, arbitrary: fc.constant(v1) }),
      healthy: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
      proven: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
      joinedHealthy: fc.boolean(),
      since: instant,
      instance: fc.constantFrom("vm-1", "vm-2", "vm-3", "vm-4"),
    })
    .map(({ since, ...drawn }) =>
      aReport({
        ...drawn,
        receivedAt: drawn.at,
        goodSince: drawn.healthy ? since : null,
        provenSince: drawn.proven ? since : null,
        unhealthySince: drawn.healthy ? null : since,
      }),
    );
  const reports = fc.uniqueArray(report, {
    minLength: 2,
    maxLength: 6,
    selector: ({ consumer, instance }) => `${consumer}/${instance}`,
  });
  const config = fc.record({
    consumers: fc.tuple(anyConsumer("render-api"), anyConsumer("nightly-etl")),
    soakMs: fc.constantFrom(0, minutes(1), minutes(10)),
    signalFreshnessMs: fc.constantFrom(minutes(15), minutes(45)),
    forgetInstanceAfterMs: fc.constantFrom(minutes(45), hours(1)),
  });
  const now = fc.integer({ min: 0, max: 3_600 }).map((s) => new Date(when("10:00").getTime() + seconds(s)));

  it("opens only when enough instances, and every known one, are healthy on the published version", () => {
    let opened = 0;
    fc.assert(
      fc.property(config, reports, now, (drawn, all, instantNow) => {
        const found = gate({ ...input({ gate: drawn, reports: all }), now: instantNow });
        fc.pre(found.open);
        opened += 1;
        const known = all.filter((one) => ageMs(one, instantNow) <= drawn.forgetInstanceAfterMs);
        for (const { name, instances, proof } of drawn.consumers) {
          const own = known.filter((one) => one.consumer === name);
          expect(own.length).toBeGreaterThanOrEqual(instances);
          for (const one of own) {
            expect(one).toMatchObject({ secretVersion: v2, healthy: true, proven: proof === "required" || one.proven });
            expect(ageMs(one, instantNow)).toBeLessThanOrEqual(drawn.signalFreshnessMs);
          }
        }
        expect(found).toEqual(plainlyOpen);
      }),
      { numRuns: 40, maxSkipsPerRun: 5_000 },
    );
    expect(opened).toBeGreaterThan(0);
  });

  it("stays open while only time passes and no report becomes stale", () => {
    fc.assert(
      fc.property(config, reports, now, fc.nat({ max: minutes(45) }), (drawn, all, instantNow, laterMs) => {
        fc.pre(gate({ ...input({ gate: drawn, reports: all }), now: instantNow }).open);
        const later = new Date(instantNow.getTime() + laterMs);
        const known = all.filter((one) => ageMs(one, instantNow) <= drawn.forgetInstanceAfterMs);
        fc.pre(known.every((one) => ageMs(one, later) <= drawn.signalFreshnessMs));
        expect(gate({ ...input({ gate: drawn, reports: all }), now: later })).toEqual(plainlyOpen);
      }),
      { numRuns: 40, maxSkipsPerRun: 10_000 },
    );
  });
});
