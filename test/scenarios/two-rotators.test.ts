import type { AccountConfig } from "../../lib/rotation/account-config";
import { toInstant } from "../../lib/rotation/time/time";
import { hours, minutes } from "../builders/time";
import type { Process } from "../fakes/world/process";
import { startProcess } from "../fakes/world/start-process";
import { anIdleStory, nextCall, type Story } from "./story";

/** Another Batch account with this account's secret, or with its name, in another function app. */
const anotherApp = (
  story: Story,
  changes: Partial<AccountConfig>,
): { readonly process: Process; readonly config: AccountConfig } => {
  const resourceId = `${story.config.batch.resourceId}2`;
  story.world.batch.create(resourceId);
  const batch = { ...story.config.batch, resourceId, accountName: "renderweu2" };
  const loadedAt = toInstant(new Date(story.world.wallMs));
  const config = { ...story.config, batch, loadedAt, ...changes };
  return { process: startProcess(story.world, [config], { name: "other" }), config };
};

const tagsOf = (story: Story) => story.world.vault.newest(story.config.secret)?.tags ?? {};
const alarmsOf = (story: Story, account: string) =>
  story.world.tables.rotations.get(account)?.record.publishing.alarms.map(({ kind }) => kind);

const begun = async () => {
  const { story } = await anIdleStory({ vault: "nothing" });
  return { story, other: anotherApp(story, { name: "second" }) };
};

describe("two rotators on one secret", () => {
  it("both raise an alarm, only the owner publishes, and its next publication drops the mark", async () => {
    const { story, other } = await begun();
    const { versions, published } = story;
    await story.tick(other.process);
    expect(alarmsOf(story, "second")).toEqual(["RotationBlocked"]);
    expect(tagsOf(story)).toMatchObject({
      ProviderAddress: story.config.batch.resourceId,
      ContestedBy: other.config.batch.resourceId,
    });
    await story.passes(hours(6));
    await story.tick();
    expect(alarmsOf(story, story.config.name)).toEqual(["SecretContested"]);
    expect([story.versions, story.published, story.record.failure]).toEqual([versions, published, null]);
    await story.demand();
    expect([story.versions, tagsOf(story)["ContestedBy"]]).toEqual([versions + 1, undefined]);
    await story.goesOnUntilIdle();
    expect(story.record.lastRotation?.outcome).toBe("completed");
    expect(story.events).toContain("AlarmCleared");
    expect(story.violation).toBeNull();
  });

  it("the mark of the first one that contests stays, and no attempt writes it again", async () => {
    const { story, other } = await begun();
    await story.tick(other.process);
    for (let tick = 0; tick < 24; tick += 1) {
      await story.passes(minutes(5));
      await story.tick(other.process);
    }
    expect(story.world.faults.calls("secrets.contest")).toBe(1);
  });

  it("a mark that cannot be set hides nothing, and is set with a later attempt", async () => {
    const { story, other } = await begun();
    nextCall(story, "secrets.contest", { kind: "blocked", reason: "Forbidden" });
    await story.tick(other.process);
    expect(story.world.tables.rotations.get("second")?.record.failure?.blocked?.reason).toBe("ForeignSecret");
    expect(tagsOf(story)["ContestedBy"]).toBeUndefined();
    await story.passes(hours(1));
    await story.tick(other.process);
    expect(tagsOf(story)["ContestedBy"]).toBe(other.config.batch.resourceId);
  });

  it("in a dry run no mark is set", async () => {
    const { story } = await begun();
    const dry = startProcess(story.world, [story.config], { name: "dry", limits: { dryRun: true } });
    story.publishManually("c29tZXRoaW5nIGVsc2U=");
    const newest = story.world.vault.newest(story.config.secret);
    if (newest !== null) newest.tags = { ProviderAddress: "/subscriptions/s/other" };
    await story.passes(hours(6));
    await story.tick(dry);
    expect(story.record.failure?.blocked?.reason).toBe("ForeignSecret");
    expect(tagsOf(story)).toEqual({ ProviderAddress: "/subscriptions/s/other" });
  });
});

describe("two apps with different accounts of one name in the same tables", () => {
  it("end in an alarm and in no fight: one of them drives, and no key is regenerated", async () => {
    const { story } = await anIdleStory();
    await story.passes(minutes(10));
    const other = anotherApp(story, { secret: { ...story.config.secret, name: "another-secret" } });
    const keys = JSON.stringify(story.keys);
    const both = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += minutes(5)) {
        await story.passes(minutes(5));
        await story.tick(story.first);
        await story.tick(other.process);
      }
    };
    await both(hours(2));
    expect(alarmsOf(story, story.config.name)).toEqual([]);
    await both(minutes(10));
    expect(alarmsOf(story, story.config.name)).toEqual(["ConfigurationConflict"]);
    await both(hours(24));
    expect(story.record.resourceId).toBe(other.config.batch.resourceId);
    expect(story.events.filter((event) => event === "ConfigurationChanged")).toHaveLength(1);
    expect((await story.status(story.first)).waitingFor?.reason).toBe("NewerConfiguration");
    expect(JSON.stringify(story.keys)).toBe(keys);
    expect(story.violation).toBeNull();
    story.first.crash();
    await story.passes(hours(1));
    await story.tick(other.process);
    expect(alarmsOf(story, story.config.name)).not.toContain("ConfigurationConflict");
  });
});
