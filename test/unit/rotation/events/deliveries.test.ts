import { isWanted, newDelivery, retried } from "../../../../lib/rotation/events/deliveries";
import type { EventKind, RotationEvent } from "../../../../lib/rotation/events/events";
import { at, when } from "../../../builders/time";

const anEvent = (event: EventKind): RotationEvent => ({
  id: "event-1",
  sequence: 1,
  at: at("10:00"),
  event,
  account: "render-weu",
  rotationId: null,
  reason: null,
  detail: "",
  by: "schedule",
  evidence: null,
  previousHash: null,
});

describe("what the webhook gets", () => {
  it.each<[EventKind, boolean]>([
    ["RotationStalled", true],
    ["RotationBlocked", true],
    ["RotationOverdue", true],
    ["ConsumerUnhealthy", true],
    ["DriftRepaired", true],
    ["RotationRolledBack", true],
    ["ConfigurationInvalid", true],
    ["AlarmCleared", true],
    ["KeyPublished", false],
    ["StepFailed", false],
    ["ProofRefused", false],
  ])("of %s where it wants alarms: %s, and in any case where it wants everything", (kind, wanted) => {
    expect(isWanted(anEvent(kind), "alarms")).toBe(wanted);
    expect(isWanted(anEvent(kind), "all")).toBe(true);
  });
});

describe("a delivery", () => {
  const first = newDelivery(anEvent("RotationStalled"), when("10:00"));

  it("is tried at once and given up after a day", () => {
    expect(first).toEqual({
      event: anEvent("RotationStalled"),
      attempts: 0,
      nextAttemptAt: "2026-11-24T10:00:00.000Z",
      giveUpAt: "2026-11-25T10:00:00.000Z",
    });
  });

  it("is tried again after 1, 2, 4, … minutes, at most an hour, as the same event", () => {
    const tries = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const deliveries = tries.map((attempts) => retried({ ...first, attempts: attempts - 1 }, when("10:00")));
    expect(deliveries.map((delivery) => delivery?.nextAttemptAt)).toEqual([
      "2026-11-24T10:01:00.000Z",
      "2026-11-24T10:02:00.000Z",
      "2026-11-24T10:04:00.000Z",
      "2026-11-24T10:08:00.000Z",
      "2026-11-24T10:16:00.000Z",
      "2026-11-24T10:32:00.000Z",
      "2026-11-24T11:00:00.000Z",
      "2026-11-24T11:00:00.000Z",
      "2026-11-24T11:00:00.000Z",
    ]);
    expect(deliveries.map((delivery) => delivery?.attempts)).toEqual(tries);
    expect(deliveries.every((delivery) => delivery?.event === first.event)).toBe(true);
  });

  it("is tried at the end of its day, and given up where the next try would come later", () => {
    const late = { ...first, attempts: 20 };
    expect(retried(late, when("09:00", 25))?.nextAttemptAt).toBe("2026-11-25T10:00:00.000Z");
    expect(retried(late, when("09:00:00.001", 25))).toBeNull();
  });
});
