import * as fc from "fast-check";
import type { IncomingSignal, InstanceReport } from "../../../../lib/rotation/gate/signals";
import { mergeSignal } from "../../../../lib/rotation/gate/signals";
import { aReport, aSignal } from "../../../builders/report";
import { v1, v2 } from "../../../builders/state";
import { at, minutes } from "../../../builders/time";

const limits = { signalFreshnessMs: minutes(15) };

const merge = (known: InstanceReport | null, signal: IncomingSignal, receivedAt: string) =>
  mergeSignal(known, signal, at(receivedAt), limits);

const signed = (sent: string) => aSignal({ at: at(sent), proven: true });

describe("a first signal", () => {
  it("becomes the report of its instance", () => {
    const signal = aSignal({ consumer: "render-api", instance: "vm-7", at: at("10:00"), detail: "v1.2", proven: true });
    expect(merge(null, signal, "10:00:02")).toEqual({
      accepted: true,
      report: {
        consumer: "render-api",
        instance: "vm-7",
        at: at("10:00"),
        latestSignedAt: at("10:00"),
        receivedAt: at("10:00:02.000"),
        secretVersion: v2,
        healthy: true,
        proven: true,
        detail: "v1.2",
        goodSince: at("10:00:02.000"),
        provenSince: at("10:00:02.000"),
        unhealthySince: null,
        joinedHealthy: true,
      },
    });
  });

  it("that is unhealthy starts no good streak", () => {
    const { report } = merge(null, aSignal({ healthy: false }), "10:11");
    expect(report).toMatchObject({
      healthy: false,
      goodSince: null,
      unhealthySince: at("10:11"),
      joinedHealthy: false,
    });
  });

  it("from a clock that is ahead counts from its receipt", () => {
    const { report } = merge(null, aSignal({ at: at("10:04") }), "10:00");
    expect(report.at).toBe(at("10:00"));
  });
});

describe("the order of signals", () => {
  const known = aReport({ at: at("10:10"), detail: "as known" });

  it.each([
    ["earlier", "10:09:59.999"],
    ["equal", "10:10"],
  ])("a healthy one with an %s `at` changes nothing", (_what, sent) => {
    expect(merge(known, aSignal({ at: at(sent), secretVersion: v1, detail: "late" }), "10:12")).toEqual({
      accepted: false,
      report: known,
    });
  });

  it("a later one replaces the report", () => {
    const { accepted, report } = merge(known, aSignal({ at: at("10:10:00.001"), detail: "newer" }), "10:12");
    expect(accepted).toBe(true);
    expect(report).toMatchObject({ at: at("10:10:00.001"), detail: "newer" });
  });

  it("two with `at` ahead of the clock are ordered by their receipt", () => {
    const first = merge(null, aSignal({ at: at("10:04") }), "10:00").report;
    expect(merge(first, aSignal({ at: at("10:03") }), "10:00").accepted).toBe(false);
    expect(merge(first, aSignal({ at: at("10:03") }), "10:01").accepted).toBe(true);
  });

  it("two signed ones ahead of the clock are ordered by `at`, so that neither can be replayed", () => {
    const first = merge(null, signed("10:04"), "10:00").report;
    expect(first).toMatchObject({ at: at("10:00"), latestSignedAt: at("10:04") });
    for (const sent of ["10:03", "10:04"]) {
      expect(merge(first, signed(sent), "10:01")).toEqual({ accepted: false, report: first });
    }
    expect(merge(first, signed("10:04:00.001"), "10:01")).toMatchObject({
      accepted: true,
      report: { at: at("10:01"), latestSignedAt: at("10:04:00.001") },
    });
  });

  it("an unsigned one neither replaces a later signed report nor allows its replay", () => {
    const first = merge(null, aSignal({ at: at("10:04"), proven: true }), "10:00").report;
    const forged = merge(first, aSignal({ at: at("10:06") }), "10:01").report;
    expect(forged).toMatchObject({ proven: false, at: at("10:01"), latestSignedAt: at("10:04") });
    expect(merge(forged, aSignal({ at: at("10:04"), proven: true }), "10:02").accepted).toBe(false);
    expect(merge(forged, aSignal({ at: at("10:05"), proven: true }), "10:02").accepted).toBe(true);
  });

  it("the time of an instance's last report never decreases, even when a rotator's clock is behind", () => {
    const heard = aReport({ at: at("10:10"), latestSignedAt: at("10:12"), proven: true });
    expect(merge(heard, aSignal({ at: at("10:13"), proven: true }), "10:09").accepted).toBe(false);
  });
});

describe("an unhealthy report that arrives late", () => {
  it.each([
    ["earlier", "10:05"],
    ["equal", "10:10"],
  ])("counts with an %s `at`, but does not set the report's time back", (_what, sent) => {
    const known = aReport({ at: at("10:10"), proven: true, provenSince: at("10:02"), joinedHealthy: true });
    const late = { at: at(sent), healthy: false, secretVersion: v1, detail: "AuthenticationFailed", proven: true };
    expect(merge(known, aSignal(late), "10:12")).toEqual({
      accepted: true,
      report: {
        consumer: "render-api",
        instance: "vm-1",
        at: at("10:10"),
        latestSignedAt: at("10:10"),
        receivedAt: at("10:10"),
        secretVersion: v2,
        healthy: false,
        proven: true,
        detail: "AuthenticationFailed",
        goodSince: null,
        provenSince: at("10:02"),
        unhealthySince: at("10:12"),
        joinedHealthy: false,
      },
    });
  });

  it("does not pass for a proven one where it is not signed", () => {
    const known = aReport({ at: at("10:10"), proven: true, provenSince: at("10:02") });
    const late = aSignal({ at: at("10:05"), healthy: false, proven: false });
    expect(merge(known, late, "10:12").report).toMatchObject({ healthy: false, proven: false, provenSince: null });
  });

  it("keeps the previous detail when it has none", () => {
    const known = aReport({ detail: "disk is full" });
    const { report } = merge(known, aSignal({ at: at("10:05"), healthy: false }), "10:12");
    expect(report.detail).toBe("disk is full");
  });

  it("does not restart an unhealthy streak", () => {
    const known = aReport({ healthy: false, goodSince: null, unhealthySince: at("10:03") });
    const { report } = merge(known, aSignal({ at: at("10:05"), healthy: false }), "10:12");
    expect(report.unhealthySince).toBe(at("10:03"));
  });

  it("ends with the next healthy signal, which starts a new streak", () => {
    const cried = merge(aReport(), aSignal({ at: at("10:05"), healthy: false }), "10:12").report;
    const { report } = merge(cried, aSignal({ at: at("10:13") }), "10:13");
    expect(report).toMatchObject({ healthy: true, goodSince: at("10:13"), unhealthySince: null });
  });
});

describe("the good streak", () => {
  const known = aReport({ at: at("10:10"), goodSince: at("10:01"), joinedHealthy: true });

  it.each([
    ["continues if the next signal arrives within signalFreshness", aSignal({ at: at("10:24") }), "10:25", at("10:01")],
    ["restarts after a longer silence", aSignal({ at: at("10:24") }), "10:25:00.001", at("10:25:00.001")],
    ["restarts on another version", aSignal({ at: at("10:11"), secretVersion: v1 }), "10:11", at("10:11")],
    ["ends with an unhealthy signal", aSignal({ at: at("10:11"), healthy: false }), "10:11", null],
  ])("%s", (_what, signal, receivedAt, goodSince) => {
    expect(merge(known, signal, receivedAt).report.goodSince).toBe(goodSince);
  });

  it("restarts with the next healthy signal", () => {
    const ill = aReport({ healthy: false, goodSince: null, unhealthySince: at("10:09") });
    const { report } = merge(ill, aSignal({ at: at("10:11") }), "10:11");
    expect(report).toMatchObject({ goodSince: at("10:11"), unhealthySince: null, joinedHealthy: false });
  });
});

test("the unhealthy streak continues from the first unhealthy signal, on any version", () => {
  const ill = aReport({ healthy: false, goodSince: null, unhealthySince: at("10:03") });
  const { report } = merge(ill, aSignal({ at: at("10:11"), healthy: false, secretVersion: v1 }), "10:11");
  expect(report.unhealthySince).toBe(at("10:03"));
});

describe("the proven streak", () => {
  const proven = aReport({ at: at("10:10"), proven: true, provenSince: at("10:02") });

  it.each([
    ["continues with the next proof", proven, aSignal({ proven: true }), "10:11", at("10:02")],
    ["ends with a signal without one", proven, aSignal({ proven: false }), "10:11", null],
    ["starts with the first proof", aReport(), aSignal({ proven: true }), "10:11", at("10:11")],
    ["restarts on another version", proven, aSignal({ proven: true, secretVersion: v1 }), "10:11", at("10:11")],
    ["restarts after silence", proven, aSignal({ proven: true, at: at("10:25") }), "10:25:00.001", at("10:25:00.001")],
  ])("%s", (_what, known, signal, receivedAt, provenSince) => {
    expect(merge(known, signal, receivedAt).report.provenSince).toBe(provenSince);
  });
});

describe("an instance that joined healthy", () => {
  const known = aReport({ at: at("10:10"), joinedHealthy: true });

  it.each([
    ["remains one while its first streak lasts", known, aSignal(), "10:11", true],
    ["is no longer one after a change of version", known, aSignal({ secretVersion: v1 }), "10:11", false],
    ["is no longer one after an unhealthy signal", known, aSignal({ healthy: false }), "10:11", false],
    ["is no longer one after a silence", known, aSignal({ at: at("10:30") }), "10:30", false],
    ["does not become one later", aReport({ joinedHealthy: false }), aSignal(), "10:11", false],
    ["is no longer one when it returns after it was forgotten", known, aSignal({ at: at("12:00") }), "12:00", false],
  ])("%s", (_what, before, signal, receivedAt, joinedHealthy) => {
    expect(merge(before, signal, receivedAt).report.joinedHealthy).toBe(joinedHealthy);
  });
});

const replay = (all: readonly { signal: IncomingSignal; receivedAt: string }[]) => {
  const steps: {
    before: InstanceReport | null;
    signal: IncomingSignal;
    accepted: boolean;
    after: InstanceReport;
    receivedAt: string;
  }[] = [];
  for (const { signal: sent, receivedAt } of all) {
    const before = steps.at(-1)?.after ?? null;
    const { accepted, report } = mergeSignal(before, sent, receivedAt, limits);
    steps.push({ before, signal: sent, accepted, after: report, receivedAt });
  }
  return steps;
};

describe("for any signals in any order", () => {
  const instant = fc
    .integer({ min: 0, max: 7_200 })
    .map((second) => new Date(Date.UTC(2026, 10, 24, 10, 0, second)).toISOString());
  const signal: fc.Arbitrary<IncomingSignal> = fc.record({
    consumer: fc.constant("render-api"),
    instance: fc.constant("vm-1"),
    at: instant,
    secretVersion: fc.constantFrom(v1, v2),
    healthy: fc.boolean(),
    proven: fc.boolean(),
    detail: fc.constant(null),
  });
  const arrivals = fc
    .array(fc.record({ signal, receivedAt: instant }), { minLength: 1, maxLength: 20 })
    .map((all) => all.toSorted((a, b) => (a.receivedAt < b.receivedAt ? -1 : 1)));

  it("`at` never decreases and is never later than the receipt", () => {
    fc.assert(
      fc.property(arrivals, (all) => {
        for (const { before, after, receivedAt } of replay(all)) {
          expect(after.at >= (before?.at ?? "")).toBe(true);
          expect(after.at <= receivedAt).toBe(true);
        }
      }),
    );
  });

  it("an unhealthy signal always makes the report unhealthy", () => {
    fc.assert(
      fc.property(arrivals, (all) => {
        for (const { after } of replay(all).filter((step) => !step.signal.healthy)) {
          expect(after).toMatchObject({ healthy: false, goodSince: null });
          expect(after.unhealthySince).not.toBeNull();
        }
      }),
    );
  });

  it("a signal that is not accepted changes nothing", () => {
    fc.assert(
      fc.property(arrivals, (all) => {
        for (const { before, after } of replay(all).filter((step) => !step.accepted)) expect(after).toBe(before);
      }),
    );
  });

  it("a healthy report has goodSince only, and an unhealthy one unhealthySince only", () => {
    fc.assert(
      fc.property(arrivals, (all) => {
        for (const { after } of replay(all)) {
          expect([after.goodSince !== null, after.unhealthySince === null]).toEqual([after.healthy, after.healthy]);
          expect(after.provenSince !== null).toBe(after.proven);
        }
      }),
    );
  });
});
