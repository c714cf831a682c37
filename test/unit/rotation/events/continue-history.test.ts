import { continuedAbove, type HistoryPosition } from "../../../../lib/rotation/events/continue-history";
import type { EventDraft } from "../../../../lib/rotation/events/events";
import { withEvents } from "../../../../lib/rotation/events/outbox";
import type { RotationRecord } from "../../../../lib/rotation/record";
import { anEventContext, aPause, aRecord } from "../../../builders/record";

const position = (changes: Partial<HistoryPosition> = {}): HistoryPosition => ({
  sequence: 9,
  hash: "the hash of event 9",
  prunedThrough: 2,
  pause: null,
  ...changes,
});

/** A record that counts four events, and has announced two more. */
const aCopy = (drafts: readonly EventDraft[], pause: RotationRecord["pause"] = null): RotationRecord => {
  const record = withEvents(aRecord({ chain: { sequence: 4 }, pause }), drafts, anEventContext("10:00"));
  return { ...record, publishing: { ...record.publishing, announcedThrough: record.chain.sequence } };
};
const two = [
  { event: "RotationStarted", detail: "one" },
  { event: "StepFailed", detail: "two" },
] as const;

const continued = (record: RotationRecord, at = position(), known: readonly string[] = []) =>
  continuedAbove(record, at, new Set(known), { ...anEventContext("11:00"), nextId: () => "note" });

const numbersOf = (record: RotationRecord | null) =>
  record?.publishing.outbox.map(({ id, sequence }) => [id, sequence]) ?? null;

it("the events of the outbox go on above the history, and one more says why", () => {
  const after = continued(aCopy(two));
  expect(numbersOf(after)).toEqual([
    ["event-1", 10],
    ["event-2", 11],
    ["note", 12],
  ]);
  expect(after?.publishing.outbox[0]?.previousHash).toBe("the hash of event 9");
  expect(after?.publishing.outbox[2]).toMatchObject({
    event: "RecordSetBack",
    detail:
      "the record went on from event 4, but its history has events up to 9: it was restored from an older copy, " +
      "or deleted while it was being made; its events go on above them",
    evidence: { from: 5, newest: 9 },
  });
  expect(after?.publishing.announcedThrough).toBe(11);
  expect(after?.chain).toMatchObject({ sequence: 12, prunedThrough: 2 });
});

it("what the history has already is not written again", () => {
  expect(numbersOf(continued(aCopy(two), position(), ["event-1"]))).toEqual([
    ["event-2", 10],
    ["note", 11],
  ]);
});

it("what the record has removed because of its age stays removed", () => {
  const copy = aCopy(two);
  const pruned = { ...copy, chain: { ...copy.chain, prunedThrough: 3 } };
  expect(continued(pruned)?.chain.prunedThrough).toBe(3);
});

describe("a pause", () => {
  const pause = aPause({ reason: "of the history" });

  it.each([
    ["that the copy does not know stays in force", aCopy(two), pause, pause],
    ["of the copy stays in force", aCopy(two, aPause()), null, aPause()],
    ["of the copy comes before that of the history", aCopy(two, aPause()), pause, aPause()],
    ["that was ended since is not in force", aCopy([{ event: "Resumed", detail: "go on" }]), pause, null],
    ["that began since stays in force", aCopy([{ event: "Paused", detail: "stop" }], aPause()), null, aPause()],
  ])("%s", (_, copy, inHistory, expected) => {
    expect(continued(copy, position({ pause: inHistory }))?.pause).toEqual(expected);
  });
});

it.each([
  ["the outbox is empty", aCopy([]), position()],
  ["the history ends below the outbox", aCopy(two), position({ sequence: 4 })],
  ["no number is left", aCopy(two), position({ sequence: Number.MAX_SAFE_INTEGER - 1 })],
])("nothing changes where %s", (_, copy, at) => {
  expect(continued(copy, at)).toBeNull();
});
