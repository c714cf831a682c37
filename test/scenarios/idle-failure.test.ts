import { TransientServiceError } from "../../lib/errors";
import type { Operation } from "../fakes/world/faults";
import { days, hours, minutes } from "../builders/time";
import { anIdleStory, type Story } from "./story";

/** A tick every ten minutes. */
const ticksFor = async (story: Story, ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += minutes(10)) {
    await story.passes(minutes(10));
    await story.tick();
  }
};

const failsWith = (story: Story, operation: Operation, reason: "transient" | "Forbidden") => {
  const outage = { operation, reason };
  story.world.faults.outages.add(outage);
  return outage;
};

const count = (story: Story, kind: string): number => story.events.filter((event) => event === kind).length;

describe("an idle account that cannot be compared", () => {
  it.each<Operation>(["secrets.newest", "batch.readKeys", "batch.readAccount", "batch.probe"])(
    "shows that %s fails, and raises one alarm after twice reconcileEvery",
    async (operation) => {
      const { story } = await anIdleStory();
      const outage = failsWith(story, operation, "transient");
      await ticksFor(story, hours(7));
      expect((await story.status()).waitingFor).toMatchObject({ reason: "BackingOff" });
      expect(story.events).not.toContain("AccountUnchecked");

      await ticksFor(story, hours(6));
      const known = story.world.tables.events(story.config.name);
      expect(known.filter(({ event }) => event === "AccountUnchecked")).toMatchObject([{ reason: "BackingOff" }]);
      expect((await story.status()).waitingFor).toMatchObject({ reason: "BackingOff" });

      story.world.faults.outages.delete(outage);
      await ticksFor(story, minutes(90));
      expect(story.record.publishing.alarms).toEqual([]);
      expect([(await story.status()).waitingFor, count(story, "AlarmCleared")]).toEqual([null, 1]);
      expect(story.violation).toBeNull();
    },
  );

  it.each<Operation>(["secrets.newest", "batch.readKeys", "batch.readAccount", "batch.probe"])(
    "is blocked at once while %s is forbidden, and stays so until it is not",
    async (operation) => {
      const { story } = await anIdleStory();
      failsWith(story, operation, "Forbidden");
      await ticksFor(story, hours(6) + minutes(10));
      expect((await story.status()).blocked).toMatchObject({ reason: "Forbidden" });
      await ticksFor(story, hours(20));
      expect((await story.status()).blocked).toMatchObject({ reason: "Forbidden" });
      expect([count(story, "RotationBlocked"), count(story, "AlarmCleared")]).toEqual([4, 0]);
      expect(story.events).toContain("AccountUnchecked");
    },
  );

  it("shows that Batch refuses the published key, paused or not", async () => {
    const { story } = await anIdleStory();
    story.world.batch.setRefused(story.keys.primary.value, true);
    await ticksFor(story, hours(6) + minutes(10));
    expect((await story.status()).waitingFor).toMatchObject({ reason: "TargetKeyRefused" });
    await story.operate("pause");
    expect((await story.status()).waitingFor).toMatchObject({ reason: "TargetKeyRefused" });
    await ticksFor(story, hours(6));
    const known = story.world.tables.events(story.config.name);
    expect(known.filter(({ event }) => event === "AccountUnchecked")).toMatchObject([{ reason: "TargetKeyRefused" }]);
  });

  it("announces one failure once, although each answer has another request id", async () => {
    const { story } = await anIdleStory();
    let requests = 0;
    const error = () =>
      new TransientServiceError({
        operation: "Key Vault getSecret",
        statusCode: 503,
        requestId: `r-${(requests += 1)}`,
      });
    story.world.faults.add("secrets.newest", { when: "before", error, times: Number.POSITIVE_INFINITY });
    const before = count(story, "StepFailed");
    await ticksFor(story, days(1));
    expect(count(story, "StepFailed") - before).toBe(1);
  });
});

it("an account that is compared every reconcileEvery raises no alarm", async () => {
  const { story } = await anIdleStory();
  await ticksFor(story, days(2));
  expect(story.events).not.toContain("AccountUnchecked");
});

it("a rotator that was down for days compares before it raises the alarm", async () => {
  const { story } = await anIdleStory();
  await story.passes(days(3));
  await story.tick();
  expect(story.events).not.toContain("AccountUnchecked");
});
