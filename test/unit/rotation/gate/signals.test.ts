import * as fc from "fast-check";
import type { IncomingSignal, InstanceReport } from "../../../../lib/rotation/gate/signals";
import { mergeReport, type ReportRules } from "../../../../lib/rotation/gate/leaving";
import { contradicted, heardAt, mergeSignal } from "../../../../lib/rotation/gate/signals";
import { consumerState } from "../../../../lib/rotation/gate/consumers";
import { aConsumer, aGate } from "../../../builders/account";
import { aReport, aSignal, reported } from "../../../builders/report";
import { theSecondary, v1, v2, v3 } from "../../../builders/state";
import { at, hours, minutes } from "../../../builders/time";

const limits = { signalFreshnessMs: minutes(15), forgetInstanceAfterMs: hours(6) };

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
        unsigned: null,
        leftAt: null,
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

  it("a signed one is new, whatever instants unsigned ones have claimed before", () => {
    const claimed = merge(null, aSignal({ at: at("10:04") }), "10:02").report;
    expect(merge(claimed, signed("10:01"), "10:02")).toMatchObject({
      accepted: true,
      report: { proven: true, at: at("10:02"), latestSignedAt: at("10:01") },
    });
  });

  it("the time of an instance's last report never decreases, even when a rotator's clock is behind", () => {
    const heard = aReport({ at: at("10:10"), latestSignedAt: at("10:12"), proven: true });
    expect(merge(heard, signed("10:13"), "10:09")).toMatchObject({
      accepted: true,
      report: { at: at("10:10"), latestSignedAt: at("10:13") },
    });
  });
});

describe("an unsigned signal of an instance that signs", () => {
  const known = aReport({ at: at("10:10"), proven: true, provenSince: at("10:01"), joinedHealthy: true });
  const unsigned = (changes: Partial<IncomingSignal> = {}) => merge(known, aSignal(changes), "10:11");

  it("that says the same only ends the proven streak", () => {
    expect(unsigned()).toEqual({
      accepted: true,
      report: {
        ...known,
        provenSince: null,
        unsigned: { at: at("10:11"), secretVersion: v2, healthy: true, detail: null, since: at("10:11") },
      },
    });
    expect(unsigned({ at: at("10:09") })).toEqual({ accepted: false, report: known });
  });

  it("that names another version stands beside the signed report", () => {
    expect(unsigned({ secretVersion: v1 })).toEqual({
      accepted: true,
      report: {
        ...known,
        goodSince: null,
        provenSince: null,
        joinedHealthy: false,
        unsigned: { at: at("10:11"), secretVersion: v1, healthy: true, detail: null, since: at("10:11") },
      },
    });
  });

  it("that names another version and is older than the signed report counts for nothing", () => {
    expect(unsigned({ at: at("10:09"), secretVersion: v1 })).toEqual({ accepted: false, report: known });
  });

  it("that is unhealthy stands beside the signed report, however late it arrives", () => {
    expect(unsigned({ at: at("10:05"), healthy: false, secretVersion: v1, detail: "403" })).toEqual({
      accepted: true,
      report: {
        ...known,
        goodSince: null,
        provenSince: null,
        joinedHealthy: false,
        unsigned: { at: at("10:05"), secretVersion: v2, healthy: false, detail: "403", since: at("10:11") },
      },
    });
  });

  it("takes nothing back that an unsigned one has said before it", () => {
    const bad = unsigned({ healthy: false, secretVersion: v1, detail: "403" }).report;
    const { report } = merge(bad, aSignal({ at: at("10:12") }), "10:12");
    expect(report).toEqual({ ...bad, unsigned: { ...bad.unsigned, at: at("10:12") } });
    const other = merge(bad, aSignal({ at: at("10:12"), secretVersion: v3 }), "10:12").report;
    expect(other.unsigned).toMatchObject({ at: at("10:12"), secretVersion: v3, healthy: false, since: at("10:11") });
  });

  it.each([
    ["ends with a later signed report", "10:11:00.001", null, at("10:12")],
    ["lasts beyond a signed report of the same instant", "10:11", v1, null],
    ["lasts beyond an earlier signed report that comes late", "10:10:30", v1, null],
  ])("%s", (_what, sent, claimed, goodSince) => {
    const { report } = merge(unsigned({ secretVersion: v1 }).report, signed(sent), "10:12");
    expect(report).toMatchObject({ proven: true, at: at(sent), goodSince });
    expect(report.unsigned?.secretVersion ?? null).toBe(claimed);
  });

  it("shuts nothing any more beside a signed report that says the same", () => {
    const forged = unsigned({ secretVersion: v1 }).report;
    const { report } = merge(forged, aSignal({ at: at("10:10:30"), proven: true, secretVersion: v1 }), "10:12");
    expect(report).toMatchObject({ secretVersion: v1, goodSince: at("10:12"), provenSince: null });
    expect(report.unsigned).toEqual(forged.unsigned);
  });

  it("makes no signed one late, and allows none to be replayed", () => {
    const first = merge(null, signed("10:04"), "10:00").report;
    const forged = merge(first, aSignal({ at: at("10:06"), secretVersion: v1 }), "10:01").report;
    expect(forged).toMatchObject({ proven: true, at: at("10:00"), latestSignedAt: at("10:04") });
    expect(merge(forged, signed("10:04"), "10:02").accepted).toBe(false);
    expect(merge(forged, signed("10:05"), "10:02").accepted).toBe(true);
  });

  it("replaces the report once the instance has signed nothing for as long as it takes to forget it", () => {
    const sent = aSignal({ at: at("16:10"), secretVersion: v1 });
    expect(merge(known, sent, "16:10").report).toMatchObject({ proven: true, unsigned: { secretVersion: v1 } });
    expect(merge(known, sent, "16:10:00.001")).toMatchObject({
      accepted: true,
      report: { at: at("16:10"), proven: false, secretVersion: v1, latestSignedAt: at("10:10"), unsigned: null },
    });
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
        unsigned: null,
        leftAt: null,
      },
    });
  });

  it("does not pass for a proven one where the instance signs no longer", () => {
    const known = aReport({ at: at("10:10"), proven: true, provenSince: at("10:02"), latestSignedAt: at("04:11") });
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

const replay = (
  all: readonly { signal: IncomingSignal; receivedAt: string }[],
  proof: ReportRules["proof"] = "optional",
) => {
  const steps: {
    before: InstanceReport | null;
    signal: IncomingSignal;
    accepted: boolean;
    after: InstanceReport;
    receivedAt: string;
  }[] = [];
  for (const { signal: sent, receivedAt } of all) {
    const before = steps.at(-1)?.after ?? null;
    const merged = mergeReport(before, sent, receivedAt, { ...limits, proof });
    if (merged !== null)
      steps.push({ before, signal: sent, accepted: merged.accepted, after: merged.report, receivedAt });
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
    leaving: fc.integer({ min: 0, max: 4 }).map((one) => one === 0),
  });
  const arrivals = fc
    .array(fc.record({ signal, receivedAt: instant }), { minLength: 1, maxLength: 20 })
    .map((all) => all.toSorted((a, b) => (a.receivedAt < b.receivedAt ? -1 : 1)));

  it("`at` never decreases and is never later than the receipt", () => {
    fc.assert(
      fc.property(arrivals, (all) => {
        for (const { before, after, receivedAt } of replay(all)) {
          expect(heardAt(after) >= (before === null ? "" : heardAt(before))).toBe(true);
          expect(heardAt(after) <= receivedAt).toBe(true);
        }
      }),
    );
  });

  it("an unhealthy signal always makes the report unhealthy", () => {
    fc.assert(
      fc.property(arrivals, (all) => {
        for (const { after } of replay(all).filter((step) => !step.signal.healthy && !step.signal.leaving)) {
          expect(after.goodSince).toBeNull();
          expect(after.unsigned?.healthy === false || after.unhealthySince !== null).toBe(true);
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

  it("unsigned signals of an instance that signs open no gate, and make no signed one late", () => {
    const gate = aGate({ signalFreshnessMs: minutes(15), forgetInstanceAfterMs: hours(6) });
    const proofs = fc.constantFrom("optional" as const, "required" as const);
    fc.assert(
      fc.property(arrivals, instant, proofs, fc.nat({ max: 1 }), (all, later, proof, instances) => {
        const seen = (report: InstanceReport, now: string) =>
          consumerState(aConsumer({ proof, instances }), gate, theSecondary(), reported(report), new Date(now));
        const first = all.findIndex((arrival) => arrival.signal.proven);
        if (first === -1) return;
        const signedOnly = all.filter((arrival, index) => index <= first || arrival.signal.proven);
        const [mixed, pure] = [replay(all, proof), replay(signedOnly, proof)];
        const accepted = (steps: typeof mixed) =>
          steps.filter((step) => step.signal.proven).map((step) => step.accepted);
        expect(accepted(mixed)).toEqual(accepted(pure));
        const [one, other] = [mixed.at(-1)?.after, pure.at(-1)?.after];
        if (one === undefined || other === undefined) throw new Error("nothing was replayed");
        const now = later > one.receivedAt ? later : one.receivedAt;
        const [found, without] = [seen(one, now), seen(other, now)];
        if (found.state !== "Good") return;
        expect(without.state).toBe("Good");
        expect(without.state === "Good" && without.goodSince <= found.goodSince).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("a healthy report has goodSince only, and an unhealthy one unhealthySince only", () => {
    fc.assert(
      fc.property(arrivals, (all) => {
        for (const { after } of replay(all)) {
          expect(after.unhealthySince === null).toBe(after.healthy);
          expect(after.goodSince !== null).toBe(after.healthy && !contradicted(after));
          expect(after.provenSince !== null).toBe(after.proven && after.unsigned === null);
        }
      }),
    );
  });
});
