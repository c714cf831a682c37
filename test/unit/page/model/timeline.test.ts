import { type ShownEvent, type Timeline, timelineOf } from "../../../../lib/page/model/timeline";
import { timelineFigure } from "../../../../lib/page/markup/timeline-svg";
import type { EventKind } from "../../../../lib/rotation/events/events";
import { type AccountChanges, anAccount } from "../../../builders/account";
import { aLastRotation, aRecord, type RecordChanges } from "../../../builders/record";
import { adopting, aRotation, idle, thePrimary } from "../../../builders/state";
import { at, minutes } from "../../../builders/time";

const id = "01JDF0000000000000000ROTAT";

const event = (kind: EventKind, time: string, rotationId = id): ShownEvent => ({
  id: `${kind}-${time}`,
  at: at(time),
  event: kind,
  rotationId,
  by: "schedule",
  reason: null,
  detail: "",
  evidence: null,
});

const drawn = (
  changes: RecordChanges,
  events: readonly ShownEvent[] = [],
  account: AccountChanges = {},
): Timeline | null => timelineOf(aRecord(changes), anAccount(account), events, at("10:30"));

/** As `name: mark time (what is before it)`. */
const textOf = (timeline: Timeline | null): readonly string[] =>
  (timeline?.stations ?? []).map(
    ({ name, at: time, done, next, gate, before }) =>
      `${name}: ${done ? "done" : next ? "next" : "ahead"}${gate ? ", gate" : ""} ` +
      `${time?.slice(11, 16) ?? "-"} ${before}`,
  );

const rotation = aRotation();
const made = event("KeyRegenerated", "09:58");

test("a rotation at its gate: what is done with its times, how long it has waited, and what is to come", () => {
  const timeline = drawn({ state: rotation.published() }, [made, event("KeyRegenerated", "08:00", "another")]);
  expect(timeline?.title).toBe("This rotation");
  expect(textOf(timeline)).toEqual([
    "Started: done 09:55 ",
    "New key made: done 09:58 3 minutes",
    "New key published: done 10:00 2 minutes",
    "Old key retired: next, gate - 30 minutes so far",
    "Completed: ahead - ",
  ]);
});

test.each<[string, RecordChanges, AccountChanges, readonly ShownEvent[], readonly string[]]>([
  [
    "just started",
    { state: rotation.started() },
    {},
    [],
    ["Started: done 09:55 ", "New key made: next - 35 minutes so far", "New key published: ahead - "],
  ],
  [
    "with a key that is not published",
    { state: rotation.regenerated() },
    {},
    [],
    ["Started: done 09:55 ", "New key made: done 09:58 3 minutes", "New key published: next - 32 minutes so far"],
  ],
  [
    "without the event of its new key",
    { state: rotation.published() },
    {},
    [],
    ["Started: done 09:55 ", "New key made: done - ", "New key published: done 10:00 "],
  ],
])("a rotation %s", (_what, changes, account, events, expected) => {
  expect(textOf(drawn(changes, events, account)).slice(0, 3)).toEqual(expected);
});

test("a rotation for a leaked key shows when the old key dies at the latest", () => {
  const urgent = aRotation({ retireAfterMs: minutes(45) });
  expect(textOf(drawn({ state: urgent.published() }))[3]).toBe("Old key retired: next, gate 10:45 30 minutes so far");
});

test("a rotation that settles has a second gate", () => {
  const timeline = drawn({ state: rotation.retired() }, [made], { settleOn: "primary" });
  expect(textOf(timeline).slice(3)).toEqual([
    expect.stringMatching(/^Old key retired: done, gate /),
    expect.stringMatching(/^Back on the primary key: next, gate - /),
    "Completed: ahead - ",
  ]);
});

test("an idle account shows its last rotation, and when the next one is due", () => {
  const last = aLastRotation({ id, startedAt: at("09:55"), endedAt: at("10:20") });
  const events = [event("KeyRetired", "10:15"), event("KeyPublished", "10:00"), made];
  const timeline = drawn({ state: idle(), lastRotation: last }, events);
  expect(timeline?.title).toBe("The last rotation");
  expect(textOf(timeline)).toEqual([
    "Started: done 09:55 ",
    "New key made: done 09:58 3 minutes",
    "New key published: done 10:00 2 minutes",
    "Old key retired: done, gate 10:15 15 minutes",
    "Completed: done 10:20 5 minutes",
    "Next rotation: next 09:58 10 minutes so far",
  ]);
});

test("a rotation that was rolled back shows only what it has done", () => {
  const last = aLastRotation({ id, outcome: "rolledBack", startedAt: at("09:55"), endedAt: at("10:20") });
  expect(textOf(drawn({ state: idle(), lastRotation: last }, [made])).slice(0, 3)).toEqual([
    "Started: done 09:55 ",
    "New key made: done 09:58 3 minutes",
    "Rolled back: done 10:20 22 minutes",
  ]);
});

test("an adoption, an account that never rotated, and one that was never seen", () => {
  const state = adopting({ active: thePrimary() });
  expect(textOf(drawn({ state })).slice(2)).toEqual([
    expect.stringMatching(/^Confirmed by every app: next, gate - /),
    "Idle: ahead - ",
  ]);
  expect(textOf(drawn({ state: idle() }))).toHaveLength(2);
  expect(timelineOf(null, anAccount(), [], at("10:30"))).toBeNull();
});

test("it is drawn with its times, and stands in words for readers who do not see it", () => {
  const timeline = drawn({ state: rotation.published() }, [made]);
  if (timeline === null) throw new Error("nothing is drawn");
  const { text } = timelineFigure(timeline, at("10:30"));
  expect(text.match(/<svg/g)).toHaveLength(2);
  expect(text).toContain("09:58:00 UTC</text>");
  expect(text).toContain("30 minutes so far</text>");
  expect(text).toContain("<li>New key made: done, 2026-11-24 09:58:00 (3 minutes)</li>");
  expect(text).toContain("<li>Completed: to come</li>");
});
