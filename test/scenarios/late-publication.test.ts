import { minutes, seconds } from "../builders/time";
import { nextCall, Story } from "./story";

describe("a publication whose answer is lost and that takes effect minutes later", () => {
  it("publishes a live key, since no rotation regenerates it in between", async () => {
    const story = new Story({ vault: "nothing", account: { gate: { soakMs: 0 } } });
    const app = story.app("vm-1", story.keys.primary.value);
    nextCall(story, "secrets.publish", { kind: "late", ms: minutes(4) });
    await story.tick();
    await story.tick();
    expect(story.published).toBe("primary");
    story.reads(app);
    await story.reports(app);
    await story.tick();
    expect(story.phase).toBe("idle");

    const { primary } = story.keys;
    await story.demand();
    expect([story.phase, (await story.status()).waitingFor?.reason]).toEqual(["started", "OutcomeUnknown"]);
    for (let minute = 0; minute < 4; minute += 1) {
      await story.passes(minutes(1) - seconds(1));
      story.reads(app);
      await story.reports(app);
      await story.tick();
      expect(story.keys.primary).toBe(primary);
    }
    await story.passes(seconds(10));
    expect([story.versions, story.published]).toEqual([2, "primary"]);
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });
});
