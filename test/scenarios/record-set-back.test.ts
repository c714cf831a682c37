import { minutes, seconds } from "../builders/time";
import { anIdleStory, nextCall, Story } from "./story";

/** The ids of the stored events, oldest first. */
const ids = (story: Story): readonly string[] => story.world.tables.events(story.config.name).map(({ id }) => id);

describe("a record that was restored from an older copy", () => {
  it("continues its history above the newest row, and says so", async () => {
    const { story } = await anIdleStory();
    const copy = story.record;
    await story.demand();
    await story.goesOnUntilIdle();
    const before = story.events.length;
    story.setBack(copy);
    await story.demand();
    await story.goesOnUntilIdle();
    expect(story.events.slice(before)).toContain("RecordSetBack");
    expect(story.events.filter((event) => event === "RecordSetBack")).toHaveLength(1);
    expect(story.record.publishing.outbox).toEqual([]);
    expect(new Set(ids(story)).size).toBe(ids(story).length);
    expect(story.violation).toBeNull();
  });

  it("continues it after a crash between any two of these writes", async () => {
    const { story } = await anIdleStory();
    const copy = story.record;
    await story.demand();
    await story.goesOnUntilIdle();
    story.setBack(copy);
    nextCall(story, "history.newestOf", { kind: "crash", at: "before" });
    await story.demand();
    await story.passes(minutes(12));
    story.first.deploy([story.config]);
    nextCall(story, "history.append", { kind: "crash", at: "after" }, 2);
    await story.tick();
    await story.passes(minutes(12));
    story.first.deploy([story.config]);
    await story.goesOnUntilIdle();
    expect(story.events.filter((event) => event === "RecordSetBack")).toHaveLength(1);
    expect(new Set(ids(story)).size).toBe(ids(story).length);
    expect(story.violation).toBeNull();
  });

  it("of a time before another secret was configured: the configured one is adopted again", async () => {
    const { story } = await anIdleStory();
    const copy = story.record;
    const first = story.config.secret;
    const versions = story.versions;
    story.reconfigure({ secret: { ...first, name: "another-secret" } });
    await story.goesOnUntilIdle();
    await story.demand();
    await story.goesOnUntilIdle();
    story.setBack(copy);
    await story.tick();
    await story.goesOnUntilIdle();
    expect([story.record.secret.name, story.events.slice(-2)]).toEqual([
      "another-secret",
      ["Adopted", "RecordSetBack"],
    ]);
    expect(story.world.vault.versions(first)).toHaveLength(versions);
    expect(story.violation).toBeNull();
  });

  it("keeps a pause that the copy does not know: no key is regenerated", async () => {
    const { story } = await anIdleStory();
    const copy = story.record;
    await story.operate("pause");
    story.setBack(copy);
    await story.demand();
    await story.goesOn(() => story.record.claim === null && story.record.pause !== null);
    expect(story.record.pause).toMatchObject({ by: "operator:ada", reason: "because" });
    expect([story.phase, story.replaced("secondary")]).toEqual(["started", 0]);
    await story.operate("resume");
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });
});

describe("a record that was deleted", () => {
  it("keeps an operator's pause, which its history knows", async () => {
    const { story } = await anIdleStory();
    await story.operate("pause");
    const { pause } = story.record;
    story.deleteRecord();
    await story.tick();
    expect(story.record.pause).toEqual(pause);
    expect((await story.status()).paused).toBe(true);
    await story.operate("resume");
    story.deleteRecord();
    await story.tick();
    expect(story.record.pause).toBeNull();
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });

  it("numbers no event twice where the first insert of another process was on its way", async () => {
    const story = new Story({ vault: "nothing" });
    const second = story.start("p2");
    nextCall(story, "rotations.insert", { kind: "late", ms: seconds(20) });
    await story.tick(second);
    await story.tick();
    expect(story.events).toEqual(["KeyPublished"]);
    story.deleteRecord();
    await story.passes(seconds(25));
    expect(story.record.chain.sequence).toBe(0);
    story.app("vm-1");
    await story.goesOnUntilIdle();
    expect(story.events.slice(0, 3)).toEqual(["KeyPublished", "Adopted", "RecordSetBack"]);
    expect(story.violation).toBeNull();
  });
});
