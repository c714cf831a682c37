import { minutes } from "../builders/time";
import type { Fault } from "../fakes/world/faults";
import { anIdleStory, nextCall } from "./story";

const lost: readonly [string, Fault][] = [
  ["was done", { kind: "lost" }],
  ["was done a minute later", { kind: "late", ms: minutes(1) }],
  ["was done without an answer", { kind: "hang", done: true }],
  ["was not done", { kind: "hang", done: false }],
];

describe("a regenerate whose answer is lost", () => {
  it.each(lost)("of the target key is not repeated for five minutes, where it %s", async (_, fault) => {
    const { story } = await anIdleStory();
    nextCall(story, "batch.regenerate", fault);
    await story.demand();
    expect(story.phase).toBe("started");
    const waiting = (await story.status()).waitingFor;
    expect(waiting?.reason).toBe("OutcomeUnknown");

    await story.passes(minutes(4));
    const calls = story.world.faults.calls("batch.regenerate");
    await story.tick();
    expect([story.phase, story.world.faults.calls("batch.regenerate")]).toEqual(["started", calls]);

    await story.passes(minutes(2));
    await story.tick();
    expect([story.phase, story.published]).toEqual(["published", "secondary"]);
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });

  it.each(lost)("of the previous key is not repeated once it is done, where it %s", async (_, fault) => {
    const { story } = await anIdleStory();
    await story.demand();
    nextCall(story, "batch.regenerate", fault);
    await story.goesOn(() => story.record.quarantine !== null);
    expect((await story.status()).waitingFor?.reason).toBe("OutcomeUnknown");
    await story.goesOnUntilIdle();
    expect(story.replaced("primary")).toBe(1);
    expect(story.violation).toBeNull();
  });
});

describe("a publication whose answer is lost", () => {
  it.each(lost)("is found or repeated, where it %s", async (_, fault) => {
    const { story } = await anIdleStory();
    nextCall(story, "secrets.publish", fault);
    await story.demand();
    await story.goesOnUntilIdle();
    expect([story.published, story.replaced("primary"), story.replaced("secondary")]).toEqual(["secondary", 1, 1]);
    expect(story.violation).toBeNull();
  });
});

describe("a record whose write is lost", () => {
  it.each(lost)("leaves no step unfinished, at any write, where it %s", async (_, fault) => {
    for (let ahead = 1; ahead <= 14; ahead += 1) {
      const { story } = await anIdleStory();
      nextCall(story, "rotations.replace", fault, ahead);
      await story.demand().catch(() => null);
      await story.goesOnUntilIdle();
      if (story.replaced("primary") === 0) {
        await story.demand();
        await story.goesOnUntilIdle();
      }
      expect(story.published).toBe("secondary");
      expect(story.violation).toBeNull();
    }
  });
});
