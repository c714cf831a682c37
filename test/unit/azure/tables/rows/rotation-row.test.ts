import { aLook } from "../../../../builders/look";
import { rotationKey, toRecord, toRow } from "../../../../../lib/azure/tables/rows/rotation-row";
import type { StoredRow } from "../../../../../lib/azure/tables/rows/rows";
import { CorruptRecordError } from "../../../../../lib/errors";
import type { RotationRecord } from "../../../../../lib/rotation/record";
import { aRecord } from "../../../../builders/record";
import { aFullRecord, anEvent, everyState } from "../../../../contracts/suites/records";

const stored = (record: RotationRecord, change: object = {}): StoredRow => ({
  ...toRow(record, aLook(), ""),
  etag: "e1",
  ...rotationKey(record.account),
  ...change,
});

const withJson = (change: (record: Record<string, unknown>) => unknown): StoredRow => {
  const record: Record<string, unknown> = { ...aFullRecord() };
  return stored(aFullRecord(), { record: JSON.stringify(change(record)) });
};

const longText = (record: RotationRecord): readonly string[] =>
  Object.entries(toRow(record, aLook(), "")).flatMap(([name, value]) =>
    /^record\d*$/.test(name) ? [String(value)] : [],
  );

describe("a record as a row", () => {
  it.each(everyState.map((state) => [state.phase, state] as const))("is read back unchanged while %s", (_, state) => {
    const record = aRecord({ state });
    expect(toRecord("render-weu", stored(record))).toEqual(record);
  });

  it("is read back unchanged with every part filled in", () => {
    expect(toRecord("render-weu", stored(aFullRecord()))).toEqual(aFullRecord());
  });

  it("shows people phase and claim in columns of their own", () => {
    expect(toRow(aFullRecord(), aLook(), "")).toMatchObject({
      partitionKey: "render-weu",
      rowKey: "rotation",
      schema: 1,
      phase: "published",
      claimId: "01JDF0000000000000000CLAIM",
      claimedUntil: "2026-11-24T10:06:00.000Z",
    });
  });

  it("uses as many columns as a long outbox needs", () => {
    const outbox = Array.from({ length: 1000 }, (_, index) => anEvent(index + 1, { detail: "x".repeat(200) }));
    const record = aRecord({ publishing: { outbox }, chain: { sequence: 1000 } });
    expect(longText(record).length).toBeGreaterThan(10);
    expect(Math.max(...longText(record).map((text) => text.length))).toBeLessThanOrEqual(32_768);
    expect(toRecord("render-weu", stored(record))).toEqual(record);
  });

  it("is written in ASCII, so that no column boundary splits a character", () => {
    const record = aRecord({
      publishing: { outbox: [anEvent(1, { detail: "🔑ü\n".repeat(10_000) })] },
      chain: { sequence: 1 },
    });
    for (const text of longText(record)) expect(text).toMatch(/^[ -~]*$/);
    expect(toRecord("render-weu", stored(record))).toEqual(record);
  });

  it("is refused with the remedy when it does not fit a row", () => {
    const outbox = [anEvent(1, { detail: "x".repeat(460_000) })];
    expect(() => toRow(aRecord({ publishing: { outbox }, chain: { sequence: 1 } }), aLook(), "")).toThrow(
      /fix the history table or the webhook/,
    );
  });

  it("is not written when it could not be read again", () => {
    expect(() => toRow(aRecord({ phaseClock: { since: "yesterday" } }), aLook(), "")).toThrow(/phaseClock.since/);
  });
});

describe("a row that cannot be read", () => {
  it.each([
    ["of a newer version of the app", stored(aRecord(), { schema: 2 }), /newer version.*deploy that version/],
    ["of an older version of the app", stored(aRecord(), { schema: 0 }), /older version/],
    ["of another program", stored(aRecord(), { schema: undefined }), /not written by this app/],
    ["that is not JSON", stored(aRecord(), { record: "{" }), /not whole/],
    ["without the record", stored(aRecord(), { record: undefined }), /not whole/],
    ["of another account", stored(aRecord({ account: "other" })), /another account/],
    ["without a member", withJson((record) => ({ ...record, hold: undefined })), /hold/],
    ["with an extra member", withJson((record) => ({ ...record, surprise: 1 })), /surprise/],
    ["with an unknown phase", withJson((record) => ({ ...record, state: { phase: "halfway" } })), /state/],
    ["with a phase's member missing", withJson((record) => ({ ...record, state: { phase: "idle" } })), /state.active/],
    [
      "with an invalid time",
      withJson((record) => ({ ...record, phaseClock: { since: "2026-11-22" } })),
      /phaseClock.since/,
    ],
    [
      "with a claim of invalid dates",
      withJson((record) => ({ ...record, claim: { ...aFullRecord().claim, takenAt: "the day before" } })),
      /claim/,
    ],
    [
      "with an unknown reason",
      withJson((record) => ({ ...record, hold: { reason: "Bored", detail: "", since: "" } })),
      /hold.reason/,
    ],
  ])("is reported with its problem (%s)", (_, row, problem) => {
    expect(() => toRecord("render-weu", row)).toThrow(CorruptRecordError);
    expect(() => toRecord("render-weu", row)).toThrow(problem);
  });

  it.each(["started", "regenerated", "published", "retired"])(
    "includes a state that would regenerate the key in use (%s)",
    (phase) => {
      const state = everyState.find((known) => known.phase === phase);
      const active = state?.active ?? null;
      const wrong = { ...state, active: { ...active, slot: active?.slot === "primary" ? "secondary" : "primary" } };
      expect(() =>
        toRecord(
          "render-weu",
          withJson((record) => ({ ...record, state: wrong })),
        ),
      ).toThrow(/active slot/);
    },
  );
});
