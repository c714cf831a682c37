import { minutes } from "../builders/time";
import { Story, type VaultAtFirst } from "./story";

describe("first sight of an account", () => {
  it.each<[VaultAtFirst, "primary" | "secondary", number]>([
    ["nothing", "primary", 1],
    ["the primary key", "primary", 1],
    ["the secondary key", "secondary", 1],
    ["a dead key of this account", "primary", 2],
  ])("with %s in the vault makes the %s key the active one and regenerates nothing", async (vault, slot, versions) => {
    const story = new Story({ vault });
    const { primary, secondary } = story.keys;
    await story.tick();
    expect([story.phase, story.published, story.versions]).toEqual(["adopting", slot, versions]);
    expect(story.record.state.active?.slot).toBe(slot);
    expect(story.keys).toEqual({ primary, secondary });
    expect(story.violation).toBeNull();
  });

  it("with a disabled version in the vault is blocked until the version is enabled", async () => {
    const story = new Story({ vault: "a disabled version" });
    await story.tick();
    expect((await story.status()).blocked?.reason).toBe("SecretDisabled");
    const [version] = story.world.vault.versions(story.config.secret);
    if (version !== undefined) version.disabledBy = null;
    await story.tick();
    expect((await story.status()).blocked).toBeNull();
    expect(story.record.state.active?.slot).toBe("primary");
    expect(story.violation).toBeNull();
  });

  it("waits for an app that still is configured with the other key", async () => {
    const story = new Story();
    const app = story.app("vm-1", story.keys.secondary.value);
    await story.tick();
    await story.passes(minutes(60));
    await story.tick();
    expect((await story.status()).waitingFor?.reason).toBe("NoSignalYet");
    expect((await story.demand())?.kind).toBe("refused");
    story.reads(app);
    await story.reports(app);
    await story.passes(minutes(10));
    await story.tick();
    expect(story.phase).toBe("idle");
    expect(story.violation).toBeNull();
  });

  it("publishes the secondary key where Batch does not accept the primary yet", async () => {
    const story = new Story({ vault: "nothing", settleMs: { accept: minutes(3), refuse: 0 } });
    story.regenerateManually("primary");
    await story.tick();
    expect([story.versions, story.published]).toEqual([1, "secondary"]);
    expect(story.violation).toBeNull();
  });

  it("does not publish a key that Batch does not accept yet", async () => {
    const story = new Story({ vault: "nothing", settleMs: { accept: minutes(3), refuse: 0 } });
    story.regenerateManually("primary");
    story.regenerateManually("secondary");
    await story.tick();
    expect(story.versions).toBe(0);
    expect((await story.status()).waitingFor?.reason).toBe("NewKeyNotAcceptedYet");
    await story.passes(minutes(3));
    await story.tick();
    expect(story.published).toBe("primary");
    expect(story.violation).toBeNull();
  });
});
