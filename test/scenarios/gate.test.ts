import { minutes, seconds } from "../builders/time";
import { anIdleStory } from "./story";

describe("the gate of a rotation", () => {
  it("opens at the signal that confirms the last consumer, without a tick", async () => {
    const { story, app } = await anIdleStory({ account: { gate: { soakMs: 0 } } });
    const old = story.keys.primary;
    await story.demand();
    expect([story.phase, story.keys.primary]).toEqual(["published", old]);
    await story.passes(seconds(1));
    story.reads(app);
    await story.reports(app);
    expect(story.phase).toBe("idle");
    expect(story.keys.primary.value).not.toBe(old.value);
    expect(story.violation).toBeNull();
  });

  it("stays shut for as long as one of two instances is on the previous key", async () => {
    const { story, app } = await anIdleStory();
    const slow = story.app("vm-2");
    await story.reports(slow);
    await story.demand();
    const old = story.keys.primary;
    for (let hour = 0; hour < 20; hour += 1) {
      await story.passes(minutes(14));
      story.reads(app);
      await story.reports(app);
      await story.reports(slow);
      await story.tick();
    }
    expect((await story.status()).waitingFor?.reason).toBe("OnPreviousKey");
    expect(story.keys.primary).toBe(old);
    expect(story.violation).toBeNull();
  });

  it("opens after retireAfter although an app never moves", async () => {
    const { story } = await anIdleStory();
    await story.demand({ retireAfterMs: minutes(15) });
    const old = story.keys.primary;
    await story.passes(minutes(14));
    await story.tick();
    expect(story.keys.primary).toBe(old);
    await story.passes(minutes(1));
    await story.tick();
    expect(story.keys.primary.value).not.toBe(old.value);
    expect(story.violation).toBeNull();
  });
});
