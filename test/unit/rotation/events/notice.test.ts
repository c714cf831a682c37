import { aPen } from "../../../builders/record";
import { at, when } from "../../../builders/time";
import type { Announcement } from "../../../../lib/rotation/events/events";
import {
  announcedAll,
  configurationInvalid,
  firstNotice,
  held,
  isHeld,
  hasPendingNotifications,
  type Notice,
  noticed,
  recordCorrupt,
} from "../../../../lib/rotation/events/notice";

const sixHours = 6 * 3_600_000;
const corrupt = (time: string) => recordCorrupt("restore the row", when(time));
const raised = (account: string | null = "render-weu"): Notice =>
  noticed(firstNotice(account), [corrupt("10:00")], sixHours, aPen("10:00"));

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

describe("a condition that no record can remember", () => {
  it("is raised once, with everything that a listener is told", () => {
    const notice = raised();
    expect(notice).toMatchObject({
      alarms: [{ kind: "RotationBlocked", since: at("10:00"), lastNotifiedAt: at("10:00") }],
      outbox: [anAnnouncement(1)],
    });
    expect(noticed(notice, [corrupt("15:59:59.999")], sixHours, aPen("15:59:59.999"))).toEqual(notice);
  });

  it("is repeated while it lasts, under another id", () => {
    const reminded = noticed({ ...raised(), outbox: [] }, [corrupt("16:00")], sixHours, {
      ...aPen("16:00"),
      nextId: () => "another",
    });
    expect(reminded.outbox).toMatchObject([{ id: "another", event: "RotationBlocked", at: at("16:00") }]);
    expect(reminded.alarms).toEqual([{ kind: "RotationBlocked", since: at("10:00"), lastNotifiedAt: at("16:00") }]);
  });

  it("is cleared once", () => {
    const cleared = noticed({ ...raised(), outbox: [] }, [], sixHours, aPen("11:00"));
    expect(cleared.outbox).toMatchObject([{ event: "AlarmCleared", reason: "RotationBlocked", account: "render-weu" }]);
    expect(cleared.alarms).toEqual([]);
    expect(noticed({ ...cleared, outbox: [] }, [], sixHours, aPen("12:00")).outbox).toEqual([]);
  });

  it("may be that of the rotator as a whole", () => {
    const found = [configurationInvalid("ROTATION_DRY_RUN: must be true or false", when("10:00"))];
    expect(noticed(firstNotice(null), found, sixHours, aPen("10:00")).outbox).toMatchObject([
      { event: "ConfigurationInvalid", reason: "ConfigurationInvalid", account: null, rotationId: null },
    ]);
  });

  it("without a reason has none", () => {
    const found = [{ ...corrupt("10:00"), reason: null }];
    expect(noticed(firstNotice("render-weu"), found, sixHours, aPen("10:00")).outbox).toMatchObject([{ reason: null }]);
  });
});

describe("the right to tell", () => {
  it("lasts for a minute", () => {
    const notice = held(raised(), when("10:00"));
    expect(isHeld(notice, when("10:00:59.999"))).toBe(true);
    expect(isHeld(notice, when("10:01"))).toBe(false);
  });

  it("is nobody's before it is taken, and does not last because a clock was set back", () => {
    expect(isHeld(raised(), when("10:00"))).toBe(false);
    expect(isHeld(held(raised(), when("10:00")), when("09:59:59.999"))).toBe(false);
  });
});

describe("what is announced", () => {
  it("waits for the webhook, and for the account's history", () => {
    const { notice, dropped } = announcedAll(raised(), "alarms", when("10:00"));
    expect(notice).toMatchObject({
      outbox: [],
      deliveries: [{ event: anAnnouncement(1), attempts: 0, nextAttemptAt: at("10:00") }],
      pendingHistory: [anAnnouncement(1)],
    });
    expect(dropped).toEqual([]);
  });

  it("waits for no webhook where there is none, and for no history where there is no account", () => {
    expect(announcedAll(raised(), null, when("10:00")).notice.deliveries).toEqual([]);
    expect(announcedAll(raised(null), "all", when("10:00")).notice).toMatchObject({
      pendingHistory: [],
      deliveries: [{ attempts: 0 }],
    });
  });

  it("leaves the webhook what the webhook wants", () => {
    const notice: Notice = {
      ...firstNotice("render-weu"),
      outbox: [{ ...anAnnouncement(1), event: "StepFailed" }, anAnnouncement(2)],
    };
    const waiting = announcedAll(notice, "alarms", when("10:00")).notice.deliveries;
    expect(waiting.map(({ event }) => event.id)).toEqual(["event-2"]);
  });

  it("drops the oldest where more than a hundred wait for a webhook", () => {
    const { notice, dropped } = announcedAll({ ...raised(), outbox: many(101) }, "alarms", when("10:00"));
    expect([notice.deliveries.length, ids(dropped)]).toEqual([100, ["event-1"]]);
  });

  it("keeps the first and the newest for the history, up to fifty", () => {
    const kept = (count: number) =>
      ids(announcedAll({ ...raised(), outbox: many(count) }, null, when("10:00")).notice.pendingHistory);
    expect(kept(50)).toEqual(ids(many(50)));
    expect(kept(52)).toEqual(["event-1", ...ids(many(52).slice(3))]);
  });
});

describe("a notice", () => {
  it("is to be told while something waits, and not before its time", () => {
    expect(hasPendingNotifications(firstNotice(null), when("10:00"))).toBe(false);
    expect(hasPendingNotifications(raised(), when("10:00"))).toBe(true);
    const { notice } = announcedAll(raised(), "alarms", when("10:00"));
    expect(hasPendingNotifications(notice, when("09:59:59.999"))).toBe(false);
    expect(hasPendingNotifications(notice, when("10:00"))).toBe(true);
  });
});
