import { TransientServiceError } from "../../lib/errors";
import type { BatchKeys } from "../../lib/ports/batch-keys";
import { hours, minutes } from "../builders/time";
import { startProcess } from "../fakes/world/start-process";
import { anIdleStory, nextCall } from "./story";

const unanswered = { kind: "refused", retryAfterMs: null } as const;

describe("while the data plane does not answer", () => {
  it("a key that was regenerated manually is repaired at the next comparison", async () => {
    const { story } = await anIdleStory();
    story.regenerateManually("primary");
    expect(story.published).toBeNull();
    nextCall(story, "batch.probe", unanswered);
    await story.passes(hours(6));
    await story.tick();
    expect(story.published).toBe("primary");
    expect(story.events).toContain("DriftRepaired");
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });

  it("no key is regenerated, and the record says what failed", async () => {
    const { story, app } = await anIdleStory();
    await story.demand();
    story.reads(app);
    await story.reports(app);
    const old = story.keys.primary;
    await story.passes(minutes(15));
    await story.reports(app);
    nextCall(story, "batch.probe", unanswered);
    await story.tick();
    expect([story.phase, story.keys.primary]).toEqual(["published", old]);
    expect(story.record.failure).toMatchObject({ blocked: null, attempts: 1 });
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });
});

it("an account that was recreated in another region is asked at its new endpoint", async () => {
  const { story } = await anIdleStory();
  const endpoint = "renderweu.northeurope.batch.azure.com";
  const { batch } = story.first.app.ports;
  const elsewhere: BatchKeys = {
    readAccount: async (ref, options) => ({ ...(await batch.readAccount(ref, options)), accountEndpoint: endpoint }),
    readKeys: (ref, options) => batch.readKeys(ref, options),
    regenerate: (ref, slot, options) => batch.regenerate(ref, slot, options),
    search: (ref, asked, wanted, options) => batch.search(ref, asked, wanted, options),
    probe: (ref, asked, key, options) => {
      if (asked !== endpoint) throw new TransientServiceError({ operation: "Batch data plane", code: "ENOTFOUND" });
      return batch.probe(ref, asked, key, options);
    },
  };
  const process = startProcess(story.world, [story.config], { name: "p2", ports: { batch: elsewhere } });
  story.regenerateManually("primary");
  await story.passes(hours(6));
  await story.tick(process);
  expect([story.published, story.record.accountEndpoint]).toEqual(["primary", endpoint]);
});

it("a newest version that is older than the recorded one is a stale read, not a publication", async () => {
  const { story, app } = await anIdleStory();
  await story.demand();
  story.reads(app);
  const before = story.record;
  const versions = story.world.vault.versions(story.config.secret);
  const stale = versions.at(-2);
  const newest = jest.spyOn(story.world.vault, "newest").mockReturnValue(stale ?? null);
  await story.passes(minutes(5));
  await story.tick();
  expect(story.record.state).toEqual(before.state);
  expect(story.record.failure).toMatchObject({ detail: expect.stringContaining("StaleRead") });
  newest.mockRestore();
  await story.goesOnUntilIdle();
  expect(story.violation).toBeNull();
});
