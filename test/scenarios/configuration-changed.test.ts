import { minutes } from "../builders/time";
import { anIdleStory } from "./story";

describe("a configuration that names something else", () => {
  it("adopts another secret anew, ends the rotation under way and does not change the first secret", async () => {
    const { story } = await anIdleStory();
    await story.demand();
    const { primary, secondary } = story.keys;
    const versions = story.versions;
    const first = story.config.secret;
    story.reconfigure({ secret: { ...first, name: "another-secret" } });
    await story.tick();
    await story.passes(minutes(2));
    await story.tick();
    expect([story.phase, story.published]).toEqual(["adopting", "primary"]);
    expect(story.events.slice(-3)).toEqual(["ConfigurationChanged", "RotationSuperseded", "KeyPublished"]);
    expect(story.keys).toEqual({ primary, secondary });
    expect(story.world.vault.versions(first)).toHaveLength(versions);
    expect(story.violation).toBeNull();
  });

  it("regenerates no key of another account before its consumers have confirmed", async () => {
    const { story } = await anIdleStory();
    const resourceId = `${story.config.batch.resourceId}2`;
    story.world.batch.create(resourceId);
    story.reconfigure({
      batch: { ...story.config.batch, resourceId, accountName: "renderweu2" },
      secret: { ...story.config.secret, name: "another-secret" },
    });
    const { primary, secondary } = story.keys;
    await story.tick();
    expect((await story.demand())?.kind).toBe("refused");
    expect(story.keys).toEqual({ primary, secondary });
    expect(story.violation).toBeNull();
  });
});
