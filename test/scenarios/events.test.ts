import { maxDeliveryMs } from "../../lib/events/receive-events";
import type { Clock } from "../../lib/ports/system";
import { aKeyOperation, aSecretEvent, asCloudEvent, grace } from "../builders/azure-event";
import { hours, minutes, seconds } from "../builders/time";
import { startProcess } from "../fakes/world/start-process";
import { anIdleStory, nextCall, type Story } from "./story";

const own = "0a0a0a0a-0000-4000-8000-00000000000a";

/** A story whose rotator knows its own identity, an hour after it came to rest. */
const aStory = async (): Promise<Story> => {
  const { story } = await anIdleStory();
  story.world.principal = own;
  await story.passes(hours(1));
  return story;
};

/** The instant as events write it. */
const now = (story: Story, agoMs = 0): string => new Date(story.world.wallMs - agoMs).toISOString();

const regenerated = (story: Story, changes: Parameters<typeof aKeyOperation>[0] = {}) =>
  aKeyOperation({ at: now(story), id: `event-${story.world.wallMs}`, ...changes });

/** How often the keys have been listed. */
const lists = (story: Story): number => story.world.faults.calls("batch.readKeys");

const eventsOf = (story: Story, kind: string) =>
  story.world.tables.events(story.config.name).filter(({ event }) => event === kind);

describe("an event about a regenerated key", () => {
  it.each([
    ["in Event Grid's schema", (event: ReturnType<typeof aKeyOperation>) => event],
    ["as CloudEvents 1.0", asCloudEvent],
  ])("%s has the dead key repaired at once, and the repair says who did it", async (_schema, as) => {
    const story = await aStory();
    story.regenerateManually("primary");
    expect(story.published).toBeNull();
    await story.receives([as(regenerated(story))]);
    expect([story.phase, story.published]).toEqual(["adopting", "primary"]);
    const [repair] = eventsOf(story, "DriftRepaired");
    expect(repair?.by).toBe("event");
    expect(repair?.detail).toContain(
      `; an event of Azure (not verified) reports that regenerateKeys was called by grace@contoso.example (${grace}) ` +
        "with the role Contributor from 203.0.113.7 at ",
    );
    expect(repair?.evidence).toMatchObject({ reportedByEvent: { identity: grace, role: "Contributor" } });
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });

  it("is not believed: where vault and live keys agree nothing is changed, and no tick compares again", async () => {
    const story = await aStory();
    const [before, versions] = [lists(story), story.versions];
    await story.receives([regenerated(story)]);
    expect([story.phase, story.versions, lists(story) - before]).toEqual(["idle", versions, 1]);
    await story.passes(minutes(5));
    await story.tick();
    expect(lists(story) - before).toBe(1);
    expect(story.events).not.toContain("DriftRepaired");
    expect(story.violation).toBeNull();
  });

  it("is looked at although Batch still accepts the replaced key", async () => {
    const story = await aStory();
    const { value } = story.keys.primary;
    story.world.batch.setLingering(value, true);
    story.regenerateManually("primary");
    await story.receives([regenerated(story)]);
    // Until key list and data plane agree nothing is published.
    expect(story.record.keyEvents.lookSince).not.toBeNull();
    story.world.batch.setLingering(value, false);
    await story.passes(minutes(5));
    await story.tick();
    expect(story.published).toBe("primary");
    expect(eventsOf(story, "DriftRepaired")[0]?.detail).toContain("grace@contoso.example");
    expect(story.violation).toBeNull();
  });

  it("that meets an outage is owed by every tick until vault and live keys are compared", async () => {
    const story = await aStory();
    story.regenerateManually("primary");
    for (const ahead of Array.from({ length: 4 }, (_, index) => index + 1))
      nextCall(story, "batch.readKeys", { kind: "refused", retryAfterMs: null }, ahead);
    const began = story.world.timeline.now;
    await story.receives([regenerated(story)]);
    expect(story.published).toBeNull();
    await story.goesOn(() => story.published !== null);
    expect(story.world.timeline.now - began).toBeLessThan(minutes(20));
    expect(eventsOf(story, "DriftRepaired")[0]?.detail).toContain("grace@contoso.example");
    expect(story.violation).toBeNull();
  });

  it("of the rotator itself is ignored", async () => {
    const story = await aStory();
    const before = lists(story);
    await story.receives([regenerated(story, { oid: own.toUpperCase() })]);
    expect(lists(story)).toBe(before);
  });

  it("that is lost changes nothing but the delay", async () => {
    const story = await aStory();
    story.regenerateManually("primary");
    await story.goesOn(() => story.published !== null);
    expect(eventsOf(story, "DriftRepaired")[0]?.detail).not.toContain("event");
    expect(story.violation).toBeNull();
  });
});

describe("many events", () => {
  it("cost at most two looks in any five seconds, in however many processes", async () => {
    const story = await aStory();
    const other = story.start("p2");
    other.app.ports.log.write("info", { event: "Started" });
    const before = lists(story);
    const looks: number[] = [];
    const began = story.world.timeline.now;
    for (let round = 0; round < 60; round++) {
      void story.receives([regenerated(story, { id: `a-${round}` })]).catch(() => undefined);
      void story.receives([regenerated(story, { id: `b-${round}` })], other).catch(() => undefined);
      await story.passes(seconds(0.5));
      while (before + looks.length < lists(story)) looks.push(story.world.timeline.now - began);
    }
    await story.passes(seconds(30));
    expect(looks.length).toBeGreaterThan(6);
    for (const [index, at] of looks.entries())
      expect((looks[index + 2] ?? Infinity) - at).toBeGreaterThanOrEqual(5_000);
    expect(story.violation).toBeNull();
  });

  it("that come while one look runs are merged, and the key that dies meanwhile is repaired", async () => {
    const story = await aStory();
    const first = story.receives([regenerated(story, { id: "first" })]);
    story.regenerateManually("primary");
    const others = Array.from({ length: 50 }, (_, index) => story.receives([regenerated(story, { id: `n${index}` })]));
    await Promise.all([first, ...others]);
    expect(story.published).toBe("primary");
    expect(story.violation).toBeNull();
  });
});

it("a delivery about more accounts than there is time for is asked for once more", async () => {
  const story = await aStory();
  const { clock } = story.first.app.ports;
  const hurried: Clock = {
    now: () => clock.now(),
    sleep: (...asked) => clock.sleep(...asked),
    abortAfter: (ms) => (ms === maxDeliveryMs ? AbortSignal.abort() : clock.abortAfter(ms)),
  };
  const process = startProcess(story.world, [story.config], { name: "p2", ports: { clock: hurried } });
  const before = lists(story);
  await expect(story.receives([regenerated(story)], process)).rejects.toMatchObject({ name: "TransientServiceError" });
  expect(lists(story)).toBe(before);
  await story.receives([regenerated(story)]);
  expect(lists(story)).toBe(before + 1);
});

const listed = (story: Story, changes: Parameters<typeof aKeyOperation>[0] = {}) =>
  regenerated(story, { operation: "listKeys", ...changes });

describe("an event about listed keys", () => {
  it("is in the history once a day for each identity, whatever process gets it, and causes no comparison", async () => {
    const story = await aStory();
    const other = story.start("p2");
    const before = lists(story);
    await story.receives([listed(story), listed(story)]);
    await story.receives([listed(story)], other);
    await story.passes(hours(23));
    await story.receives([listed(story)], other);
    expect(eventsOf(story, "KeysListed")).toMatchObject([
      { by: "event", evidence: { reportedByEvent: { identity: grace } } },
    ]);
    await story.passes(hours(2));
    await story.receives([listed(story), listed(story, { oid: "7b1c9d3e-0000-4000-8000-00000000ace0" })], other);
    expect(eventsOf(story, "KeysListed")).toHaveLength(3);
    expect(lists(story)).toBe(before);
    expect(story.violation).toBeNull();
  });

  it("of the rotator itself is none, and neither is one while its own identity is unknown", async () => {
    const story = await aStory();
    await story.receives([listed(story, { oid: own })]);
    const { first } = story;
    story.world.principal = null;
    first.deploy([story.config]);
    await story.receives([listed(story)]);
    expect(story.events).not.toContain("KeysListed");
  });

  it("that meets the claim of another driver waits between its reads of the table, and is in the history", async () => {
    const story = await aStory();
    const other = story.start("p2");
    await story.passes(hours(6));
    nextCall(story, "batch.readKeys", { kind: "freeze", ms: seconds(10) });
    const tick = other.ticker.tick();
    await story.passes(seconds(1));
    let reads = 0;
    const stopCounting = story.world.faults.onEffect((operation) => {
      // Without any pause between two reads this would never end.
      if (operation === "rotations.read" && (reads += 1) > 100) story.first.crash();
    });
    await story.receives([listed(story)]);
    stopCounting();
    await story.finish(tick);
    expect(reads).toBeLessThan(30);
    expect(eventsOf(story, "KeysListed")).toHaveLength(1);
  });

  it("fills no history, however many identities are invented", async () => {
    const story = await aStory();
    const many = Array.from({ length: 100 }, (_, index) =>
      listed(story, { oid: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}` }),
    );
    await story.receives(many);
    await story.receives(many.toReversed());
    expect(eventsOf(story, "KeysListed")).toHaveLength(20);
  });
});

describe("an event of the vault", () => {
  it("about a version that is not the recorded one has a standby key adopted that a person has published", async () => {
    const story = await aStory();
    story.publishManually(story.keys.secondary.value);
    const version = story.world.vault.newest(story.config.secret)?.version ?? "";
    await story.receives([aSecretEvent({ version, at: now(story) })]);
    expect([story.phase, story.published]).toEqual(["adopting", "secondary"]);
    expect(story.violation).toBeNull();
  });

  it.each([
    ["SecretNewVersionCreated", "the recorded version", 0],
    ["SecretNearExpiry", "the recorded version", 1],
    ["SecretExpired", "the recorded version", 1],
    ["SecretNewVersionCreated", "another one", 1],
    ["SecretNearExpiry", "another one", 0],
    ["SecretExpired", "another one", 0],
  ] as const)("%s of %s costs %i comparisons", async (type, which, cost) => {
    const story = await aStory();
    const before = lists(story);
    const version = which === "another one" ? "0".repeat(32) : (story.record.state.active?.version ?? "");
    await story.receives([aSecretEvent({ type, version, at: now(story) })]);
    expect(lists(story) - before).toBe(cost);
  });
});

it("events of accounts that are not configured, and of other types, cost nothing", async () => {
  const story = await aStory();
  const before = story.world.faults.calls("rotations.read");
  await story.receives([
    regenerated(story, { resourceId: `${story.config.batch.resourceId}x` }),
    { ...regenerated(story), eventType: "Microsoft.Resources.ResourceWriteSuccess" },
    regenerated(story, { operation: "delete" }),
    aSecretEvent({ name: "another-secret", version: "0".repeat(32) }),
  ]);
  expect(story.world.faults.calls("rotations.read")).toBe(before);
});
