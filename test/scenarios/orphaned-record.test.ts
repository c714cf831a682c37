import { readOrphanedRecords } from "../../lib/operations/alarms/orphaned-records";
import { minutes } from "../builders/time";
import { anIdleStory, type Story } from "./story";

const asked = { reason: "the key leaked", retireAfterMs: minutes(15), idempotencyKey: null };

const published = async (): Promise<Story> => {
  const { story } = await anIdleStory();
  await story.demand(asked);
  if (story.phase !== "published") throw new Error(`not published, but ${story.phase}`);
  return story;
};

/** Deploys these accounts to every process. */
const deploy = (story: Story, accounts: readonly Story["config"][]): void => {
  for (const process of story.world.processes) process.deploy(accounts);
};

const orphans = async (story: Story) => (await story.finish(readOrphanedRecords(story.first.app))) ?? [];

/** The events of the account that no record holds: of its notice. */
const noticed = (story: Story, account: string) =>
  story.world.tables.notices.get(account)?.notice.alarms.map(({ kind }) => kind) ?? [];

describe("an account that leaves the configuration", () => {
  it("is listed and raises an alarm that names the leaked key, which ends when it is configured again", async () => {
    const story = await published();
    deploy(story, []);
    await story.tick();
    expect(noticed(story, "render-weu")).toEqual(["RecordOrphaned"]);
    const [orphan] = await orphans(story);
    expect(orphan).toMatchObject({
      account: "render-weu",
      phase: "published",
      rotationId: expect.any(String),
      retireAfterPending: true,
      detail: expect.stringMatching(
        /^rotation \S+ of \S+ stopped in phase published, and the leaked key .+; configure this .+ render-weu again; /,
      ),
    });
    deploy(story, [story.config]);
    await story.goesOnUntilIdle();
    expect(await orphans(story)).toEqual([]);
    expect(noticed(story, "render-weu")).toEqual([]);
    expect(story.events).toEqual(expect.arrayContaining(["RecordOrphaned", "AlarmCleared"]));
    expect(story.violation).toBeNull();
  });

  it("is listed without a leaked key when it is idle, and when its record cannot be read", async () => {
    const { story } = await anIdleStory();
    deploy(story, []);
    await story.tick();
    expect(await orphans(story)).toMatchObject([{ phase: "idle", rotationId: null, retireAfterPending: false }]);
    story.world.tables.damage("render-weu");
    await story.tick();
    expect(await orphans(story)).toMatchObject([{ account: "render-weu", phase: null, retireAfterPending: null }]);
    story.world.tables.delete("render-weu");
    await story.tick();
    expect(await orphans(story)).toEqual([]);
    expect(noticed(story, "render-weu")).toEqual([]);
  });
});

describe("another name for the same Batch account", () => {
  it("is refused while the record has the first name: nothing changes, and both names raise an alarm", async () => {
    const story = await published();
    const { keys, versions } = story;
    const before = JSON.stringify([keys, versions]);
    const renamed = { ...story.config, name: "render-west" };
    deploy(story, [{ ...renamed, batch: { ...renamed.batch, resourceId: renamed.batch.resourceId.toUpperCase() } }]);
    await story.passes(minutes(20));
    await story.tick();
    expect(story.world.tables.rotations.has("render-west")).toBe(false);
    expect(JSON.stringify([story.keys, story.versions])).toBe(before);
    expect(noticed(story, "render-west")).toEqual(["RotationBlocked"]);
    expect(noticed(story, "render-weu")).toEqual(["RecordOrphaned"]);
    story.config = renamed;
    expect((await story.status()).blocked).toMatchObject({
      reason: "RecordElsewhere",
      remedy: expect.stringContaining("has the name render-weu: give the account this name in ROTATION_ACCOUNTS"),
    });
    expect(await orphans(story)).toMatchObject([
      { detail: expect.stringContaining("the configuration names this Batch account render-west") },
    ]);
    await expect(story.demand()).rejects.toMatchObject({ reason: "RecordElsewhere" });
  });

  it("is taken once the row of the first name is deleted", async () => {
    const { story } = await anIdleStory();
    story.config = { ...story.config, name: "render-west" };
    deploy(story, [story.config]);
    await story.tick();
    story.world.tables.delete("render-weu");
    await story.goesOnUntilIdle();
    expect(story.record).toMatchObject({ account: "render-west", state: { phase: "idle" } });
    expect([noticed(story, "render-weu"), noticed(story, "render-west")]).toEqual([[], []]);
  });

  it("is refused too where two accounts exchange their Batch accounts", async () => {
    const { story } = await anIdleStory();
    const other = { ...story.config.batch, resourceId: `${story.config.batch.resourceId}2`, accountName: "other" };
    story.world.batch.create(other.resourceId);
    const second = {
      ...story.config,
      name: "second",
      batch: other,
      secret: { ...story.config.secret, name: "second" },
    };
    deploy(story, [story.config, second]);
    await story.tick();
    expect(story.world.tables.rotations.has("second")).toBe(true);
    deploy(story, [
      { ...story.config, batch: other },
      { ...second, batch: story.config.batch },
    ]);
    await story.tick();
    expect([noticed(story, "render-weu"), noticed(story, "second")]).toEqual([
      ["RotationBlocked"],
      ["RotationBlocked"],
    ]);
    expect(story.record.resourceId).toBe(story.config.batch.resourceId);
  });
});
