import { days, minutes } from "../builders/time";
import { Story } from "./story";
import { words } from "../builders/words";

describe("a rotation from the first sight of an account to its end", () => {
  it("replaces both keys, the old one only after the app has moved", async () => {
    const story = new Story({ versionAgeMs: days(61) });
    const app = story.app("vm-1");
    const first = { primary: story.keys.primary, secondary: story.keys.secondary };

    await story.tick();
    expect(story.phase).toBe("adopting");
    expect((await story.status()).waitingFor?.reason).toBe("NoSignalYet");

    await story.reports(app);
    expect((await story.status()).waitingFor?.reason).toBe("SoakNotElapsed");
    await story.passes(minutes(10));
    await story.tick();
    expect(story.phase).toBe("published");
    expect(story.published).toBe("secondary");
    expect(story.keys.primary).toBe(first.primary);
    expect(story.keys.secondary.value).not.toBe(first.secondary.value);
    expect((await story.status()).waitingFor?.reason).toBe("OnPreviousKey");

    await story.passes(minutes(5));
    await story.tick();
    expect(story.keys.primary).toBe(first.primary);

    story.reads(app);
    await story.reports(app);
    await story.passes(minutes(10));
    await story.tick();
    expect(story.phase).toBe("idle");
    expect(story.keys.primary.value).not.toBe(first.primary.value);
    expect(story.published).toBe("secondary");
    expect(story.world.vault.versions(story.config.secret)[0]?.disabledBy).toBe("rotator");
    expect(story.events).toEqual(
      words("Adopted RotationStarted KeyRegenerated KeyPublished KeyRetired RotationCompleted"),
    );
    expect(story.violation).toBeNull();
  });
});
