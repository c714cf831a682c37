import { minutes } from "../builders/time";
import type { Operation } from "../fakes/world/faults";
import { anIdleStory } from "./story";

describe("an account that needs an operator", () => {
  it.each<[Operation, "Forbidden" | "ResourceLocked" | "PolicyRefused"]>([
    ["batch.regenerate", "ResourceLocked"],
    ["batch.readKeys", "Forbidden"],
    ["secrets.newest", "Forbidden"],
    ["secrets.publish", "PolicyRefused"],
    ["secrets.disable", "Forbidden"],
  ])("shows what is missing while %s is refused, and goes on by itself once it is not", async (operation, reason) => {
    const { story } = await anIdleStory();
    const outage = { operation, reason };
    story.world.faults.outages.add(outage);
    await story.demand();
    await story.goesOn(() => story.record.failure !== null);
    const { blocked, waitingFor } = await story.status();
    expect([blocked?.reason, waitingFor]).toEqual([reason, null]);
    expect(blocked?.remedy).not.toBe("");

    story.world.faults.outages.delete(outage);
    await story.passes(minutes(65));
    await story.goesOnUntilIdle();
    expect(story.record.lastRotation?.outcome).toBe("completed");
    expect(story.violation).toBeNull();
  });

  it("is retried at once when an operator resumes it", async () => {
    const { story } = await anIdleStory();
    const outage = { operation: "batch.regenerate", reason: "ResourceLocked" } as const;
    story.world.faults.outages.add(outage);
    await story.demand();
    await story.goesOn(() => (story.record.failure?.attempts ?? 0) > 5);
    story.world.faults.outages.delete(outage);
    await story.tick();
    expect(story.phase).toBe("started");
    await story.operate("resume");
    expect(story.phase).toBe("published");
    expect(story.violation).toBeNull();
  });

  it("waits for as long as Retry-After asks", async () => {
    const { story } = await anIdleStory();
    story.world.faults.place({
      operation: "batch.readKeys",
      nth: story.world.faults.calls("batch.readKeys") + 1,
      fault: { kind: "refused", retryAfterMs: minutes(30) },
    });
    await story.demand();
    await story.passes(minutes(29));
    await story.tick();
    expect([story.phase, (await story.status()).waitingFor?.reason]).toEqual(["started", "BackingOff"]);
    await story.passes(minutes(2));
    await story.tick();
    expect(story.phase).toBe("published");
    expect(story.violation).toBeNull();
  });
});
