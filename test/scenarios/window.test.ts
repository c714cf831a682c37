import { days, hours, minutes } from "../builders/time";
import { anIdleStory } from "./story";

/** The world begins on a Tuesday at 10:00 UTC. */
const wednesdayNight = { days: ["Wed"], from: "02:00", to: "05:00", timeZone: "Etc/UTC" } as const;

describe("a maintenance window", () => {
  it("holds back a scheduled rotation until it opens, and never one on demand", async () => {
    const { story } = await anIdleStory({ versionAgeMs: days(61), account: { window: wednesdayNight } });
    await story.passes(hours(1));
    await story.tick();
    expect((await story.status()).waitingFor?.reason).toBe("OutsideWindow");
    await story.passes(hours(16));
    await story.tick();
    expect(story.phase).toBe("published");
    expect(story.violation).toBeNull();
  });

  it("shuts the gate of a scheduled rotation that did not end within it", async () => {
    const { story, app } = await anIdleStory({ versionAgeMs: days(61), account: { window: wednesdayNight } });
    await story.goesOn(() => story.phase === "published");
    await story.passes(hours(4));
    story.reads(app);
    await story.reports(app);
    await story.passes(minutes(10));
    await story.tick();
    expect((await story.status()).waitingFor?.reason).toBe("OutsideWindow");
    expect(story.violation).toBeNull();
  });

  it("does not bind a rotation on demand", async () => {
    const { story } = await anIdleStory({ account: { window: wednesdayNight } });
    await story.demand();
    await story.goesOnUntilIdle();
    expect(story.record.lastRotation?.outcome).toBe("completed");
    expect(story.violation).toBeNull();
  });
});
