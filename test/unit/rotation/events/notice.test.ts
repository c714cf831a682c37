import { anEventContext } from "../../../builders/record";
import { at, when } from "../../../builders/time";
import type { Announcement } from "../../../../lib/rotation/events/events";
import {
  announcedAll,
  configurationInvalid,
  discoveryProblem,
  firstNotice,
  held,
  isHeld,
  isOpen,
  hasPendingNotifications,
  type Notice,
  noticed,
  recordOrphaned,
  recordUnusable,
} from "../../../../lib/rotation/events/notice";

const sixHours = 6 * 3_600_000;
const corrupt = (time: string) => recordUnusable({ reason: "RecordCorrupt", remedy: "restore the row" }, when(time));
const raised = (account: string | null = "render-weu"): Notice =>
  noticed(firstNotice(account), [corrupt("10:00")], sixHours, anEventContext("10:00"));

const anAnnouncement = (number: number): Announcement => ({
  id: `event-${number}`,
  at: at("10:00"),
  event: "RotationBlocked",
  account: "render-weu",
  rotationId: null,
  reason: "RecordCorrupt",
  detail: "restore the row",
  by: "schedule",
});
const many = (count: number): readonly Announcement[] =>
  Array.from({ length: count }, (_, index) => anAnnouncement(index + 1));
const ids = (events: readonly Announcement[]): readonly string[] => events.map(({ id }) => id);

test("an account that cannot be rotated is a condition since its tags were first seen", () => {
  expect(discoveryProblem({ since: at("09:00"), reason: "NameTaken", detail: "list it" })).toEqual({
    kind: "DiscoveryProblem",
    since: at("09:00"),
    reason: "NameTaken",
    detail: "list it",
  });
});

describe("a condition that is stored outside the records", () => {
  it("is raised once, with all members of an event", () => {
    const notice = raised();
    expect(notice).toMatchObject({
      alarms: [{ kind: "RotationBlocked", since: at("10:00"), lastNotifiedAt: at("10:00") }],
      outbox: [anAnnouncement(1)],
    });
    expect(noticed(notice, [corrupt("15:59:59.999")], sixHours, anEventContext("15:59:59.999"))).toEqual(notice);
  });

  it("is repeated while it lasts, with a new id", () => {
    const reminded = noticed({ ...raised(), outbox: [] }, [corrupt("16:00")], sixHours, {
      ...anEventContext("16:00"),
      nextId: () => "another",
    });
    expect(reminded.outbox).toMatchObject([{ id: "another", event: "RotationBlocked", at: at("16:00") }]);
    expect(reminded.alarms).toEqual([{ kind: "RotationBlocked", since: at("10:00"), lastNotifiedAt: at("16:00") }]);
  });

  it("is cleared once", () => {
    const cleared = noticed({ ...raised(), outbox: [] }, [], sixHours, anEventContext("11:00"));
    expect(cleared.outbox).toMatchObject([{ event: "AlarmCleared", reason: "RotationBlocked", account: "render-weu" }]);
    expect(cleared.alarms).toEqual([]);
    expect(noticed({ ...cleared, outbox: [] }, [], sixHours, anEventContext("12:00")).outbox).toEqual([]);
  });

  it("may concern the rotator as a whole", () => {
    const found = [configurationInvalid("ROTATION_DRY_RUN: must be true or false", when("10:00"))];
    expect(noticed(firstNotice(null), found, sixHours, anEventContext("10:00")).outbox).toMatchObject([
      { event: "ConfigurationInvalid", reason: "ConfigurationInvalid", account: null, rotationId: null },
    ]);
  });

  it("has a null reason if it has none", () => {
    const found = [{ ...corrupt("10:00"), reason: null }];
    expect(noticed(firstNotice("render-weu"), found, sixHours, anEventContext("10:00")).outbox).toMatchObject([
      { reason: null },
    ]);
  });
});

test("a notice is open until its alarms have ended and everything about it is delivered", () => {
  const empty = firstNotice("render-weu");
  expect(isOpen(empty)).toBe(false);
  expect(isOpen(raised())).toBe(true);
  expect(isOpen({ ...empty, outbox: [anAnnouncement(1)] })).toBe(true);
});

describe("the delivery lease of a notice", () => {
  it("lasts one minute", () => {
    const notice = held(raised(), when("10:00"));
    expect(isHeld(notice, when("10:00:59.999"))).toBe(true);
    expect(isHeld(notice, when("10:01"))).toBe(false);
  });

  it("has no holder at first, and does not last longer after a clock was set back", () => {
    expect(isHeld(raised(), when("10:00"))).toBe(false);
    expect(isHeld(held(raised(), when("10:00")), when("09:59:59.999"))).toBe(false);
  });
});

describe("an announced event", () => {
  it("waits for the webhook, and for the account's history", () => {
    const { notice, dropped } = announcedAll(raised(), "alarms", when("10:00"));
    expect(notice).toMatchObject({
      outbox: [],
      deliveries: [{ event: anAnnouncement(1), attempts: 0, nextAttemptAt: at("10:00") }],
      pendingHistory: [anAnnouncement(1)],
    });
    expect(dropped).toEqual([]);
  });

  it("waits for the webhook only if there is one, and for the history only if it has an account", () => {
    expect(announcedAll(raised(), null, when("10:00")).notice.deliveries).toEqual([]);
    expect(announcedAll(raised(null), "all", when("10:00")).notice).toMatchObject({
      pendingHistory: [],
      deliveries: [{ attempts: 0 }],
    });
  });

  it("waits for the webhook only if the webhook selects it", () => {
    const notice: Notice = {
      ...firstNotice("render-weu"),
      outbox: [{ ...anAnnouncement(1), event: "StepFailed" }, anAnnouncement(2)],
    };
    const waiting = announcedAll(notice, "alarms", when("10:00")).notice.deliveries;
    expect(waiting.map(({ event }) => event.id)).toEqual(["event-2"]);
  });

  it("drops the oldest delivery when more than 100 wait for the webhook", () => {
    const { notice, dropped } = announcedAll({ ...raised(), outbox: many(101) }, "alarms", when("10:00"));
    expect([notice.deliveries.length, ids(dropped)]).toEqual([100, ["event-1"]]);
  });

  it("keeps the first and the newest for the history, up to 50", () => {
    const kept = (count: number) =>
      ids(announcedAll({ ...raised(), outbox: many(count) }, null, when("10:00")).notice.pendingHistory);
    expect(kept(50)).toEqual(ids(many(50)));
    expect(kept(52)).toEqual(["event-1", ...ids(many(52).slice(3))]);
  });
});

test("a notice is due while something waits, and not before its next attempt", () => {
  expect(hasPendingNotifications(firstNotice(null), when("10:00"))).toBe(false);
  expect(hasPendingNotifications(raised(), when("10:00"))).toBe(true);
  const { notice } = announcedAll(raised(), "alarms", when("10:00"));
  expect(hasPendingNotifications(notice, when("09:59:59.999"))).toBe(false);
  expect(hasPendingNotifications(notice, when("10:00"))).toBe(true);
});

test("a record that no account owns is an alarm without a reason", () => {
  expect(recordOrphaned("the keys are no longer rotated", when("10:00"))).toEqual({
    kind: "RecordOrphaned",
    since: at("10:00"),
    reason: null,
    detail: "the keys are no longer rotated",
  });
});
