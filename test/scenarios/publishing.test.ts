import type { BatchKeys } from "../../lib/ports/batch-keys";
import type { Slot } from "../../lib/rotation/phases";
import { hours, minutes, seconds } from "../builders/time";
import type { Process } from "../fakes/world/process";
import { anIdleStory, nextCall, Story } from "./story";

const elsewhere = "/subscriptions/s/resourceGroups/other/providers/Microsoft.Batch/batchAccounts/renderweu";

/** The key list shows these keys, or stays as it is now, until the returned function is called. */
const staleList = (story: Story, keys = story.world.batch.liveKeys(story.config.batch)): (() => void) => {
  const listed = jest.spyOn(story.world.batch, "listedKeys").mockReturnValue(keys);
  return () => listed.mockRestore();
};

/** A process in which `act` comes just before the next regenerate is sent, after everything else was read. */
const justBeforeSending = (story: Story, act: () => void): Process => {
  const process = story.start("p2");
  const { ports } = process.app;
  const { batch } = ports;
  const regenerate: BatchKeys["regenerate"] = (ref, slot, options) => {
    const lastLook = (): Promise<void> => {
      act();
      return options.lastLook();
    };
    return batch.regenerate(ref, slot, { ...options, lastLook });
  };
  process.ports = { ...ports, batch: { ...batch, regenerate } };
  process.deploy([story.config]);
  return process;
};

const refused = { kind: "refused", retryAfterMs: null } as const;

describe("a key list from before a regenerate", () => {
  const settleMs = { accept: 0, refuse: minutes(4) };

  it.each(["dataPlane", "none"] as const)("is not asked at once after it: its answer is (probe: %s)", async (probe) => {
    const { story } = await anIdleStory({ account: { probe }, settleMs });
    staleList(story);
    await story.demand();
    expect([story.phase, story.published]).toEqual(["published", "secondary"]);
    expect(story.violation).toBeNull();
  });

  it.each(["dataPlane", "none"] as const)("publishes no target key half a minute later (probe: %s)", async (probe) => {
    const frozen = { operation: "batch.regenerate", nth: 1, fault: { kind: "freeze", ms: 40_000 } } as const;
    const { story } = await anIdleStory({ account: { probe }, settleMs, faults: [frozen] });
    const fresh = staleList(story);
    await story.demand();
    expect([story.phase, story.published]).toEqual(["regenerated", "primary"]);
    expect((await story.status()).waitingFor?.reason).toBe("KeyListStale");
    fresh();
    await story.passes(minutes(5));
    await story.tick();
    expect([story.phase, story.published]).toEqual(["published", "secondary"]);
    expect(story.violation).toBeNull();
  });

  it("publishes nothing over a version whose key Batch accepts", async () => {
    const { story } = await anIdleStory();
    const fresh = staleList(story);
    story.regenerateManually("primary");
    story.publishManually(story.keys.primary.value);
    const { versions } = story;
    await story.passes(hours(6));
    await story.tick();
    expect([story.versions, story.published]).toEqual([versions, "primary"]);
    expect((await story.status()).phase).toBe("idle");
    fresh();
    await story.goesOnUntilIdle();
    expect([story.versions, story.violation]).toEqual([versions, null]);
  });

  it("repairs nothing with a key that the rotator has just replaced and that Batch still accepts", async () => {
    const { story } = await anIdleStory({ settleMs: { accept: minutes(1), refuse: seconds(30) } });
    const old = story.keys.secondary.value;
    const afterNothing = staleList(story);
    story.regenerateManually("primary");
    await story.passes(seconds(10));
    await story.demand();
    const { versions } = story;
    afterNothing();
    const afterOne = staleList(story, { primary: story.keys.primary.value, secondary: old });
    await story.passes(seconds(21));
    await story.tick();
    expect([story.phase, story.published, story.versions]).toEqual(["regenerated", null, versions]);
    expect((await story.status()).waitingFor?.reason).toBe("KeyListStale");
    afterOne();
    await story.passes(minutes(2));
    await story.tick();
    expect(story.published).not.toBeNull();
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });

  it("repairs nothing while Batch cannot be asked, for two minutes after the last known change", async () => {
    const { story } = await anIdleStory();
    await story.demand();
    story.publishManually("c29tZXRoaW5nIGVsc2U=");
    const { versions } = story;
    story.world.faults.outages.add({ operation: "batch.probe", reason: "transient" });
    await story.passes(minutes(1));
    await story.tick();
    expect([story.versions, story.record.hold?.reason]).toEqual([versions, "KeyListStale"]);
    await story.passes(minutes(5));
    await story.tick();
    expect([story.versions, story.published]).toEqual([versions + 1, "secondary"]);
    expect(story.violation).toBeNull();
  });
});

describe("a key that is published manually just before its regenerate is sent", () => {
  it("is adopted, and not regenerated (target)", async () => {
    const { story } = await anIdleStory();
    const { secondary } = story.keys;
    await story.demand(
      {},
      justBeforeSending(story, () => story.publishManually(secondary.value)),
    );
    expect([story.phase, story.published, story.keys.secondary]).toEqual(["adopting", "secondary", secondary]);
    expect([story.record.quarantine, story.violation]).toEqual([null, null]);
  });

  it("is adopted, and not regenerated (previous)", async () => {
    const { story, app } = await anIdleStory();
    await story.demand();
    story.reads(app);
    await story.reports(app);
    const { primary } = story.keys;
    await story.passes(minutes(1));
    await story.reports(app);
    await story.passes(minutes(9));
    await story.reports(app);
    await story.passes(minutes(1));
    await story.tick(justBeforeSending(story, () => story.publishManually(primary.value)));
    expect([story.phase, story.published, story.keys.primary]).toEqual(["adopting", "primary", primary]);
    expect(story.violation).toBeNull();
  });

  it("nothing is sent where that cannot be read, and the step is tried again", async () => {
    const { story } = await anIdleStory();
    const { secondary } = story.keys;
    const process = justBeforeSending(story, () => nextCall(story, "secrets.newest", refused));
    await story.demand({}, process);
    expect([story.phase, story.keys.secondary]).toEqual(["started", secondary]);
    expect(story.record).toMatchObject({ quarantine: null, failure: { blocked: null } });
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });
});

describe("a repair", () => {
  it("publishes the other live key where Batch does not accept the active one yet", async () => {
    const { story } = await anIdleStory({ settleMs: { accept: minutes(3), refuse: 0 } });
    story.regenerateManually("primary");
    await story.passes(hours(6) - minutes(1));
    story.regenerateManually("primary");
    await story.passes(minutes(1));
    await story.tick();
    expect([story.phase, story.published, story.record.state.active?.slot]).toEqual([
      "adopting",
      "secondary",
      "secondary",
    ]);
    expect(story.events.slice(-2)).toEqual(["DriftRepaired", "KeyPublished"]);
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });

  it("leaves a version alone that was published while it asked Batch", async () => {
    const { story } = await anIdleStory();
    story.regenerateManually("primary");
    const process = story.start("p2");
    const { ports } = process.app;
    const probe: BatchKeys["probe"] = async (...asked) => {
      const answer = await ports.batch.probe(...asked);
      if (answer === "accepted" && story.published === null) story.publishManually(story.keys.secondary.value);
      return answer;
    };
    process.ports = { ...ports, batch: { ...ports.batch, probe } };
    process.deploy([story.config]);
    const { versions } = story;
    await story.passes(hours(6));
    await story.tick(process);
    expect([story.versions, story.published]).toEqual([versions + 1, "secondary"]);
    expect(story.events).toContain("SlotAdopted");
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });

  it("keeps the tags that others have set", async () => {
    const { story } = await anIdleStory();
    const { vault } = story.world;
    story.publishManually("c29tZXRoaW5nIGVsc2U=");
    const drift = vault.newest(story.config.secret);
    if (drift !== null) drift.tags = { costCentre: "17" };
    await story.passes(hours(6));
    await story.tick();
    expect(vault.newest(story.config.secret)?.tags).toMatchObject({ costCentre: "17", CredentialId: "Primary" });
  });
});

const published = async (): Promise<Story> => {
  const { story } = await anIdleStory();
  await story.demand();
  return story;
};

describe("a roll-back", () => {
  it("is refused, and the rotation goes on, once the previous key has been regenerated", async () => {
    const story = await published();
    story.regenerateManually("primary");
    const { versions } = story;
    expect(await story.operate("rollback")).toMatchObject({
      kind: "refused",
      reason: "NothingToRollBack",
      detail: "there is no way back to the primary key: it has been regenerated; the rotation goes on",
    });
    expect([story.phase, story.published, story.versions]).toEqual(["published", "secondary", versions]);
    expect([story.record.rollback, story.events.at(-1)]).toEqual([null, "RollbackImpossible"]);
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });

  it("is refused where the previous key cannot be read", async () => {
    const story = await published();
    const old = story.world.vault.versions(story.config.secret).at(-2);
    if (old !== undefined) old.disabledBy = "person";
    expect(await story.operate("rollback")).toMatchObject({
      detail: expect.stringMatching(/its secret version [0-9a-f]{32} is disabled/),
    });
    expect(story.published).toBe("secondary");
  });

  it("waits while Batch refuses the previous key", async () => {
    const story = await published();
    const { batch } = story.world;
    const { value } = story.keys.primary;
    batch.setRefused(value, true);
    await story.operate("rollback");
    expect([story.published, story.record.hold?.reason]).toEqual(["secondary", "KeyListStale"]);
    batch.setRefused(value, false);
    await story.passes(minutes(5));
    await story.tick();
    expect([story.phase, story.published]).toEqual(["adopting", "primary"]);
  });
});

const tagged = (story: Story, tags: Readonly<Record<string, string>>): void => {
  const newest = story.world.vault.newest(story.config.secret);
  if (newest !== null) newest.tags = tags;
};

describe("a secret of another owner", () => {
  it("stays at first sight where nothing marks it as this account's, until an operator marks it", async () => {
    const story = new Story({ vault: "another value" });
    await story.tick();
    expect((await story.status()).blocked?.reason).toBe("ForeignSecret");
    expect(story.versions).toBe(1);
    tagged(story, { ProviderAddress: story.config.batch.resourceId });
    await story.operate("resume");
    expect([story.versions, story.published]).toEqual([2, "primary"]);
    expect(story.violation).toBeNull();
  });

  it("is not overwritten in an idle account, where it was published for another one", async () => {
    const { story } = await anIdleStory();
    story.publishManually("c29tZXRoaW5nIGVsc2U=");
    tagged(story, { ProviderAddress: elsewhere });
    const { versions } = story;
    await story.passes(hours(6));
    await story.tick();
    expect([story.versions, story.record.failure?.blocked?.reason]).toEqual([versions, "ForeignSecret"]);
    expect(story.record.failure?.blocked?.remedy).toContain(elsewhere);
  });

  it("is this account's where it holds one of its keys, whatever the tag says", async () => {
    const { story } = await anIdleStory();
    tagged(story, { ProviderAddress: elsewhere });
    await story.demand();
    expect([story.phase, story.published]).toEqual(["published", "secondary"] satisfies [string, Slot]);
    expect(story.violation).toBeNull();
  });
});

it("a lost record and a vault that answers from before a publication adopt no older version", async () => {
  const { story } = await anIdleStory();
  await story.demand();
  const old = story.world.vault.versions(story.config.secret).at(-2);
  const newest = jest.spyOn(story.world.vault, "newest").mockReturnValue(old ?? null);
  story.world.tables.delete(story.config.name);
  await story.tick();
  expect([story.phase, story.record.state.active]).toEqual(["adopting", null]);
  expect(story.record.failure).toMatchObject({ detail: expect.stringContaining("StaleRead") });
  newest.mockRestore();
  await story.passes(minutes(5));
  await story.tick();
  expect(story.record.state.active?.slot).toBe("secondary");
});

it("an older copy of a record and a vault that answers from the past regenerate no key", async () => {
  const { story, app } = await anIdleStory();
  const copy = structuredClone(story.record);
  await story.demand();
  story.reads(app);
  await story.reports(app);
  const { primary, secondary } = story.keys;
  const old = story.world.vault.versions(story.config.secret).at(-2);
  const newest = jest.spyOn(story.world.vault, "newest").mockReturnValue(old ?? null);
  story.setBack(copy);
  await story.demand();
  await story.goesOn(() => story.record.failure !== null);
  expect(story.record.failure).toMatchObject({ detail: expect.stringContaining("StaleRead") });
  expect(story.keys).toEqual({ primary, secondary });
  newest.mockRestore();
  await story.goesOnUntilIdle();
});
