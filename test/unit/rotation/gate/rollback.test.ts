import { healthUrlInstance } from "../../../../lib/rotation/gate/signals";
import { rollbackDue, unhealthyOnNewKeySince } from "../../../../lib/rotation/gate/rollback";
import type { InstanceReport } from "../../../../lib/rotation/gate/signals";
import { aConsumer, aGate } from "../../../builders/account";
import { aReport } from "../../../builders/report";
import { aRotation, v1, v2 } from "../../../builders/state";
import { at, hours, minutes, when } from "../../../builders/time";

const gate = aGate({ rollbackWhenUnhealthyForMs: minutes(30), consumers: [aConsumer({ name: "render-api" })] });
const unhealthySince = (since: string, changes = {}) =>
  aReport({ healthy: false, goodSince: null, unhealthySince: since, at: at("10:40"), ...changes });

const reportWith = (changes: Partial<InstanceReport>) => [unhealthySince(at("10:05"), changes)];
const published = aRotation().published();

describe("rollbackDue", () => {
  it("is off unless the configuration enables it", () => {
    const off = aGate({ rollbackWhenUnhealthyForMs: null });
    expect(rollbackDue(off, published, [unhealthySince(at("10:05"))], when("10:40"))).toBeNull();
  });

  it("waits until an instance has been unhealthy for the whole time", () => {
    expect(rollbackDue(gate, published, [unhealthySince(at("10:05"))], when("10:34:59.999"))).toBeNull();
    expect(rollbackDue(gate, published, [unhealthySince(at("10:05"))], when("10:35"))).toBe(
      `render-api/vm-1 has been unhealthy on version ${v2} since 2026-11-24T10:05:00.000Z, longer than PT30M`,
    );
  });

  it("counts from the publication if the instance was unhealthy before it", () => {
    expect(rollbackDue(gate, published, [unhealthySince(at("08:00"))], when("10:29:59"))).toBeNull();
    expect(rollbackDue(gate, published, [unhealthySince(at("08:00"))], when("10:30"))).toContain(
      "since 2026-11-24T10:00:00.000Z",
    );
  });

  it("counts from the report if its start is unknown", () => {
    const report = aReport({ healthy: false, goodSince: null, unhealthySince: null, at: at("10:10") });
    const patient = { ...gate, signalFreshnessMs: hours(1) };
    expect(rollbackDue(patient, published, [report], when("10:39:59"))).toBeNull();
    expect(rollbackDue(patient, published, [report], when("10:40"))).toContain("since 2026-11-24T10:10:00.000Z");
  });

  it.each([
    ["is healthy", aReport()],
    ["is unhealthy on the previous version, not the new one", unhealthySince(at("10:05"), { secretVersion: v1 })],
    ["belongs to no configured consumer", unhealthySince(at("10:05"), { consumer: "gone" })],
    ["was forgotten", unhealthySince(at("10:05"), { at: at("10:05", 20) })],
    ["is the health URL itself, which does not answer", unhealthySince(at("10:05"), { instance: healthUrlInstance })],
  ])("does not roll back when an instance %s", (_what, report) => {
    expect(rollbackDue(gate, published, [report], when("10:45"))).toBeNull();
  });

  it("never rolls a rotation with retireAfter back: its previous key is leaked", () => {
    const urgent = aRotation({ retireAfterMs: hours(4) }).published();
    expect(rollbackDue(gate, urgent, [unhealthySince(at("10:05"))], when("10:45"))).toBeNull();
  });

  it("counts only proven reports where proof is required, from the first of them", () => {
    const strict = { ...gate, consumers: [aConsumer({ name: "render-api", proof: "required" })] };
    expect(rollbackDue(strict, published, reportWith({ proven: false, provenSince: null }), when("11:15"))).toBeNull();
    const proven = reportWith({ proven: true, provenSince: at("10:10") });
    expect(rollbackDue(strict, published, proven, when("10:39:59"))).toBeNull();
    expect(rollbackDue(strict, published, proven, when("10:40"))).toContain("since 2026-11-24T10:10:00.000Z");
    const undated = reportWith({ proven: true, provenSince: null });
    expect(rollbackDue(strict, published, undated, when("11:10"))).toContain("since 2026-11-24T10:40:00.000Z");
  });
});

const since = (...reports: readonly InstanceReport[]) =>
  unhealthyOnNewKeySince(aGate({ rollbackWhenUnhealthyForMs: null }), published, reports, when("10:40"));

describe("unhealthyOnNewKeySince", () => {
  it("is when the first instance on the new key became unhealthy, whether that rolls back or not", () => {
    expect(since(unhealthySince(at("10:07")), unhealthySince(at("10:05"), { instance: "vm-2" }))).toBe(at("10:05"));
  });

  it.each([
    ["none is unhealthy", aReport()],
    ["it runs on another version", unhealthySince(at("10:05"), { secretVersion: v1 })],
    ["it is of no configured consumer", unhealthySince(at("10:05"), { consumer: "other" })],
  ])("is null where %s", (_what, report) => {
    expect(since(report)).toBeNull();
  });
});
