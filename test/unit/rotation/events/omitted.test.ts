import type { RotationEvent } from "../../../../lib/rotation/events/events";
import { omission, omittedBy, storedLength, withinBounds } from "../../../../lib/rotation/events/omitted";
import { withEvents } from "../../../../lib/rotation/events/outbox";
import type { RotationRecord } from "../../../../lib/rotation/record";
import { anEventContext, aRecord } from "../../../builders/record";
import { at } from "../../../builders/time";

/** 23,000 characters and more in a row. */
const long = { event: "Paused", detail: "ü".repeat(3_900) } as const;

const announced = (record: RotationRecord): RotationRecord => ({
  ...record,
  publishing: { ...record.publishing, announcedThrough: record.chain.sequence },
});
const grown = (record: RotationRecord, time: string): RotationRecord =>
  announced(withEvents(record, [long], anEventContext(time)));
const times = ["10:00", "10:01", "10:02", "10:03", "10:04", "10:05", "10:06", "10:07", "10:08"];
const numbers = ({ publishing }: RotationRecord) =>
  publishing.outbox.map(({ sequence, event }) => (event === "Paused" ? sequence : `${sequence} ${event}`));
/** Eight long events: the most that fit. */
const full = times.slice(0, 8).reduce(grown, aRecord());

it("a stored character takes one place, or six outside ASCII", () => {
  expect(storedLength("aü€")).toBe('"a'.length + 12 + '"'.length);
});

describe("an outbox", () => {
  it("that fits stays whole", () => {
    expect(numbers(full)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("that outgrows its record leaves its oldest events, and names their numbers", () => {
    const after = grown(full, "10:08");
    expect(numbers(after)).toEqual([6, 7, 8, 9, "10 HistoryShortened"]);
    expect(after.publishing.outbox.at(-1)).toMatchObject({
      detail:
        "the history took nothing for so long that the record could not hold more: 5 events since " +
        "2026-11-24T10:00:00.000Z, numbered 1 to 5, are in the log only",
      evidence: { from: 1, through: 5, count: 5, since: at("10:00") },
    });
    expect(after.chain.sequence).toBe(10);
  });

  it("names in one event what it has left several times", () => {
    const after = [...times, ...times, ...times].reduce(grown, aRecord());
    const named = after.publishing.outbox.map(omittedBy).filter((found) => found !== null);
    const [first] = after.publishing.outbox;
    expect(named).toEqual([
      { from: 1, through: Number(first?.sequence) - 1, count: expect.any(Number), since: at("10:00") },
    ]);
    const kept = after.publishing.outbox.filter(({ event }) => event === "Paused").length;
    expect(Number(named[0]?.count) + kept).toBe(27);
  });

  it("never leaves what is not announced", () => {
    const { outbox } = times.reduce(grown, aRecord()).publishing;
    const every = Array.from({ length: 12 }, (_, index): RotationEvent => {
      const [event] = outbox;
      if (event === undefined) throw new Error("there is no event");
      return { ...event, sequence: index + 1 };
    });
    expect(withinBounds(every, 0)).toEqual({ kept: every, left: [] });
    expect(withinBounds(every, 2).kept).toEqual(every.slice(2));
    expect(withinBounds(every.slice(0, 9), 99).left).toEqual(every.slice(0, 5));
  });

  it("of one event that is longer than all that fits can leave it", () => {
    const [event] = full.publishing.outbox;
    if (event === undefined) throw new Error("there is no event");
    const huge = { ...event, evidence: { text: "x".repeat(300_000) } };
    expect(withinBounds([huge], 99)).toEqual({ kept: [], left: [huge] });
  });
});

it("nothing that is left needs no event", () => {
  expect(omission([])).toBeNull();
});

it.each([
  ["of another kind", { event: "Paused", evidence: { from: 1, through: 2, count: 2, since: at("10:00") } }],
  ["without evidence", { event: "HistoryShortened", evidence: null }],
  ["with other evidence", { event: "HistoryShortened", evidence: { from: 1, through: "2", count: 2, since: "" } }],
] as const)("an event %s names no numbers", (_, changes) => {
  const [event] = full.publishing.outbox;
  if (event === undefined) throw new Error("there is no event");
  expect(omittedBy({ ...event, ...changes })).toBeNull();
});
