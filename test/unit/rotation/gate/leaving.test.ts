import type { ConsumerConfig } from "../../../../lib/rotation/account-config";
import { consumerState } from "../../../../lib/rotation/gate/consumers";
import { hasLeft, mergeReport } from "../../../../lib/rotation/gate/leaving";
import type { IncomingSignal, InstanceReport } from "../../../../lib/rotation/gate/signals";
import { aConsumer, aGate } from "../../../builders/account";
import { aReport, aSignal, reported } from "../../../builders/report";
import { theSecondary, v1, v2 } from "../../../builders/state";
import { at, hours, minutes, when } from "../../../builders/time";

const limits = { signalFreshnessMs: minutes(15), forgetInstanceAfterMs: hours(6) };

const merge = (
  known: InstanceReport | null,
  signal: Partial<IncomingSignal>,
  { receivedAt = "10:11", proof = "optional" }: { receivedAt?: string; proof?: ConsumerConfig["proof"] } = {},
) => mergeReport(known, aSignal(signal), at(receivedAt), { ...limits, proof });

const leaving = { leaving: true, secretVersion: v1 } as const;
const signing = aReport({ at: at("10:10"), secretVersion: v1, proven: true, provenSince: at("10:01") });
const unsigned = aReport({ at: at("10:10"), secretVersion: v1 });

describe("a report of leaving", () => {
  it("that is proven ends the instance", () => {
    expect(merge(signing, { ...leaving, proven: true })).toEqual({
      accepted: true,
      report: {
        ...signing,
        at: at("10:11"),
        latestSignedAt: at("10:11"),
        receivedAt: at("10:11"),
        leftAt: at("10:11"),
      },
    });
  });

  it.each([
    ["of an instance that has proven itself", signing, "optional"],
    ["of one that has proven itself long ago", { ...signing, latestSignedAt: at("10:00", 23) }, "optional"],
    ["where proof is required", unsigned, "required"],
  ] as const)("that is unproven changes nothing %s", (_what, known, proof) => {
    expect(merge(known, leaving, { proof })).toEqual({ accepted: false, report: known });
  });

  it("that is unproven ends an instance that never proves itself, where proof is optional", () => {
    expect(merge(unsigned, leaving)?.report.leftAt).toBe(at("10:11"));
  });

  it("of an instance that is not known is kept where it counts, so that a late report does not bring it in", () => {
    expect(merge(null, leaving, { proof: "required" })).toBeNull();
    const left = merge(null, { ...leaving, proven: true }, { proof: "required" })?.report ?? null;
    expect(left?.leftAt).toBe(at("10:11"));
    expect(merge(left, { at: at("10:10:59"), proven: true })).toEqual({ accepted: false, report: left });
  });

  it("that is replayed after the instance has come back changes nothing", () => {
    const left = merge(signing, { ...leaving, proven: true })?.report ?? null;
    const back = merge(left, { at: at("10:12"), proven: true }, { receivedAt: "10:12" })?.report ?? null;
    expect(back?.leftAt).toBeNull();
    expect(merge(back, { ...leaving, proven: true }, { receivedAt: "10:13" })).toEqual({
      accepted: false,
      report: back,
    });
  });

  it("says nothing of the instance's health, which its proof does not sign", () => {
    expect(merge(signing, { ...leaving, proven: true, healthy: false })?.report.healthy).toBe(true);
    const ill = { ...signing, healthy: false, goodSince: null, unhealthySince: at("10:09") };
    expect(merge(ill, { ...leaving, proven: true })?.report).toMatchObject({
      healthy: false,
      unhealthySince: at("10:09"),
    });
    expect(merge(null, { ...leaving, proven: true, healthy: false })?.report.healthy).toBe(true);
  });

  it("keeps the last detail where it has none of its own", () => {
    const known = { ...signing, detail: "v1.2" };
    expect(merge(known, { ...leaving, proven: true })?.report.detail).toBe("v1.2");
    expect(merge(known, { ...leaving, proven: true, detail: "ended" })?.report.detail).toBe("ended");
  });
});

const gone = (changes: Partial<InstanceReport> = {}) => aReport({ leftAt: at("10:12"), ...changes });

const returned = (known: InstanceReport) =>
  merge(known, { at: at("10:14") }, { receivedAt: "10:14" })?.report ?? aReport();

const stateOf = (reports: readonly InstanceReport[], consumer: Partial<ConsumerConfig> = {}, now = "10:15") =>
  consumerState(aConsumer(consumer), aGate(limits), theSecondary(), reported(...reports), when(now));

describe("an instance that has left", () => {
  const good = aReport({ instance: "vm-2", goodSince: at("10:01") });

  it("no longer shuts the gate, and its consumer is good only since then", () => {
    expect(stateOf([good, aReport({ secretVersion: v1 })]).state).toBe("OnPreviousKey");
    expect(stateOf([good, gone({ secretVersion: v1 })])).toMatchObject({ state: "Good", goodSince: at("10:12") });
    expect(stateOf([good, gone({ healthy: false, goodSince: null })])).toMatchObject({
      state: "Good",
      goodSince: at("10:12"),
    });
  });

  it("is no break where it was good until then, as far as it was", () => {
    expect(stateOf([good, gone({ joinedHealthy: true })])).toMatchObject({ state: "Good", goodSince: at("10:01") });
    expect(stateOf([good, gone({ goodSince: at("10:05") })])).toMatchObject({ state: "Good", goodSince: at("10:05") });
  });

  it("is not one of the required number", () => {
    expect(stateOf([gone()])).toMatchObject({
      state: "NoSignalYet",
      detail: expect.stringMatching(/; the last one that is known left at 2026-11-24T10:12:00.000Z$/),
    });
    expect(stateOf([good, gone()], { instances: 2 })).toMatchObject({
      state: "InstancesMissing",
      detail: expect.stringContaining("1 of 2 instances of render-api have reported (vm-2)"),
    });
  });

  it("suffices where none has to run", () => {
    expect(stateOf([], { instances: 0 }).state).toBe("NoSignalYet");
    expect(stateOf([gone({ secretVersion: v1 })], { instances: 0 })).toMatchObject({
      state: "Good",
      goodSince: at("10:12"),
    });
    expect(stateOf([gone(), aReport({ instance: "vm-2", secretVersion: v1 })], { instances: 0 }).state).toBe(
      "OnPreviousKey",
    );
    expect(stateOf([gone()], { instances: 0 }, "16:10:00.001").state).toBe("NoSignalYet");
  });

  it("is brought back by an unsigned report only to shut the gate", () => {
    const signed = merge(signing, { ...leaving, secretVersion: v2, proven: true })?.report ?? null;
    const claimed = merge(signed, { at: at("10:13") }, { receivedAt: "10:13" })?.report ?? aReport();
    expect(hasLeft(claimed)).toBe(false);
    expect(stateOf([claimed]).state).toBe("NoSignalYet");
    const other = merge(signed, { at: at("10:13"), secretVersion: v1 }, { receivedAt: "10:13" })?.report ?? aReport();
    expect(stateOf([good, other]).state).toBe("OnPreviousKey");
  });

  it("begins a new streak when it comes back, which is no break where none was missed", () => {
    const again = returned(gone({ joinedHealthy: true }));
    expect(again).toMatchObject({ goodSince: at("10:14"), joinedHealthy: true, leftAt: null });
    expect(stateOf([good, again])).toMatchObject({ state: "Good", goodSince: at("10:01") });
    expect(returned(gone({ joinedHealthy: true, secretVersion: v1 })).joinedHealthy).toBe(false);
    expect(returned(gone({ joinedHealthy: false })).joinedHealthy).toBe(false);
    expect(returned(gone({ joinedHealthy: true, goodSince: null, healthy: false })).joinedHealthy).toBe(false);
  });
});
