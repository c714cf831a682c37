import { isWanted, newDelivery, newestDeliveries, retried } from "../../../../lib/rotation/events/deliveries";
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

describe("the webhook's selection", () => {
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
  ])("with `alarms` includes %s: %s; with `all` always", (kind, wanted) => {
    expect(isWanted(anEvent(kind), "alarms")).toBe(wanted);
    expect(isWanted(anEvent(kind), "all")).toBe(true);
  });
});

describe("a delivery", () => {
  const first = newDelivery(anEvent("RotationStalled"), when("10:00"));

  it("is attempted at once and abandoned after a day", () => {
    expect(first).toEqual({
      event: anEvent("RotationStalled"),
      attempts: 0,
      nextAttemptAt: at("10:00"),
      giveUpAt: at("10:00", 25),
    });
  });

  it("is repeated after 1, 2, 4, … minutes, at most an hour, as the same event", () => {
    const tries = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const deliveries = tries.map((attempts) => retried({ ...first, attempts: attempts - 1 }, when("10:00")));
    expect(deliveries.map((delivery) => delivery?.nextAttemptAt)).toEqual([
      at("10:01"),
      at("10:02"),
      at("10:04"),
      at("10:08"),
      at("10:16"),
      at("10:32"),
      at("11:00"),
      at("11:00"),
      at("11:00"),
    ]);
    expect(deliveries.map((delivery) => delivery?.attempts)).toEqual(tries);
    expect(deliveries.every((delivery) => delivery?.event === first.event)).toBe(true);
  });

  it("is attempted until the end of its day, and abandoned when the next attempt would be later", () => {
    const late = { ...first, attempts: 20 };
    expect(retried(late, when("09:00", 25))?.nextAttemptAt).toBe(at("10:00", 25));
    expect(retried(late, when("09:00:00.001", 25))).toBeNull();
  });
});

const many = (count: number, detail: string) =>
  Array.from({ length: count }, (_, index) =>
    newDelivery({ ...anEvent("RotationStalled"), id: `event-${index + 1}`, detail }, when("10:00")),
  );

describe("the deliveries that a record has room for", () => {
  it("are the newest hundred", () => {
    const { kept, dropped } = newestDeliveries(many(103, ""));
    expect([kept.length, kept[0]?.event.id]).toEqual([100, "event-4"]);
    expect(dropped.map(({ id }) => id)).toEqual(["event-1", "event-2", "event-3"]);
  });

  it("are fewer where they say much", () => {
    const { kept, dropped } = newestDeliveries(many(10, "ü".repeat(4_000)));
    expect([kept.length, dropped.length]).toEqual([6, 4]);
    expect(kept.at(-1)?.event.id).toBe("event-10");
  });
});
