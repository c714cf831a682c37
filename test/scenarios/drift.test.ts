import { hours, minutes } from "../builders/time";
import { anIdleStory, type Story } from "./story";

/** Manual changes after which apps read a value that Batch refuses. */
const sabotages: readonly [string, (story: Story) => void][] = [
  ["regenerated the published key", (story) => story.regenerateManually(story.published ?? "primary")],
  ["wrote another value into the vault", (story) => story.publishManually("c29tZXRoaW5nIGVsc2U=")],
];

describe.each(sabotages)("after a person has %s", (_, sabotage) => {
  it("an idle account is repaired at its next comparison and adopted anew", async () => {
    const { story } = await anIdleStory();
    sabotage(story);
    expect(story.published).toBeNull();
    await story.passes(hours(6));
    await story.tick();
    expect([story.phase, story.published]).toEqual(["adopting", "primary"]);
    expect(story.events).toContain("DriftRepaired");
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });

  it("a paused account is repaired and does not advance", async () => {
    const { story } = await anIdleStory();
    await story.demand();
    await story.operate("pause");
    sabotage(story);
    await story.passes(minutes(2));
    await story.tick();
    expect([story.phase, story.published]).toEqual(["published", "secondary"]);
    await story.goesOn(() => story.world.timeline.now > hours(3));
    expect(story.phase).toBe("published");
    await story.operate("resume");
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });

  it("a rotation that waits at its gate is repaired at the next tick and waits for its consumers again", async () => {
    const { story, app } = await anIdleStory();
    await story.demand();
    story.reads(app);
    await story.reports(app);
    sabotage(story);
    const old = story.keys.primary;
    await story.passes(minutes(10));
    await story.tick();
    expect([story.phase, story.published]).toEqual(["published", "secondary"]);
    expect(story.keys.primary).toBe(old);
    await story.goesOnUntilIdle();
    expect(story.keys.primary.value).not.toBe(old.value);
    expect(story.violation).toBeNull();
  });
});
