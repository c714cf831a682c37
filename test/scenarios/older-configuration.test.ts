import type { Process } from "../fakes/world/process";
import { aConsumer } from "../builders/account";
import { days, hours, minutes } from "../builders/time";
import { type App, anIdleStory, type Story } from "./story";

const second = aConsumer({ name: "nightly-etl" });

interface Mixed {
  readonly story: Story;
  /** Has the configuration from before. */
  readonly old: Process;
  /** Knows the consumer `nightly-etl`. */
  readonly newer: Process;
  /** Of `render-api`, which the old configuration knows. */
  readonly app: App;
}

/** A rotation at its gate, and a deployment of another consumer that has reached one of two processes. */
const mixed = async (): Promise<Mixed> => {
  const { story, app } = await anIdleStory({ account: { gate: { soakMs: 0 } } });
  const old = story.start("old");
  await story.demand();
  if (story.phase !== "published") throw new Error(`not published, but ${story.phase}`);
  await story.passes(minutes(10));
  const config = { ...story.config, gate: { ...story.config.gate, consumers: [aConsumer(), second] } };
  story.first.deploy([config]);
  await story.tick(story.first);
  return { story, old, newer: story.first, app };
};

describe("a process with an older configuration", () => {
  it("does not retire the key that a new consumer uses, and its status says why", async () => {
    const { story, old, newer, app } = await mixed();
    story.reads(app);
    await story.reports(app, old);
    await story.tick(old);
    expect(story.phase).toBe("published");
    expect((await story.status(old)).waitingFor).toMatchObject({
      reason: "NewerConfiguration",
      detail: expect.stringContaining("this one repairs drift and takes no step"),
    });
    expect(story.violation).toBeNull();
    expect(newer.alive).toBe(true);
  });

  it("repairs drift all the same", async () => {
    const { story, old } = await mixed();
    story.regenerateManually("secondary");
    await story.tick(old);
    expect(story.published).toBe("secondary");
    expect(story.events).toContain("DriftRepaired");
  });

  it("starts no key change, adopts nothing and does not adopt its own secret again", async () => {
    const { story } = await anIdleStory();
    const old = story.start("old");
    await story.passes(minutes(1));
    story.first.deploy([{ ...story.config, secret: { ...story.config.secret, name: "another-secret" } }]);
    await story.tick(story.first);
    const { events } = story;
    for (let tick = 0; tick < 12; tick += 1) {
      await story.passes(minutes(5));
      await story.tick(old);
      await story.tick(story.first);
    }
    expect(story.record.secret.name).toBe("another-secret");
    expect(story.events).toEqual(events);
    expect(await story.demand({}, old)).toMatchObject({ kind: "refused", reason: "NotAdopted" });
  });

  it("never takes over while a process with the newer one drives", async () => {
    const { story, old, newer, app } = await mixed();
    story.reads(app);
    for (let passed = 0; passed < days(2); passed += hours(1)) {
      await story.passes(hours(1));
      await story.reports(app, old);
      await story.tick(old);
      await story.tick(newer);
    }
    expect(story.phase).toBe("published");
  });
});

describe("a deployment that is rolled back", () => {
  it("waits half an hour for a process with the newer configuration, then takes over", async () => {
    const { story, old, newer, app } = await mixed();
    newer.crash();
    old.deploy([story.config]);
    story.reads(app);
    await story.tick(old);
    await story.passes(minutes(30) - 1_000);
    await story.reports(app, old);
    await story.tick(old);
    expect([story.phase, (await story.status(old)).waitingFor?.reason]).toEqual(["published", "NewerConfiguration"]);
    await story.passes(1_000);
    await story.tick(old);
    expect(story.phase).toBe("idle");
    expect(story.violation).toBeNull();
  });

  it("is not delayed where only older processes are left over: after a day one of them takes over", async () => {
    const { story, old, newer, app } = await mixed();
    newer.crash();
    story.reads(app);
    await story.tick(old);
    await story.passes(days(1) - minutes(1));
    await story.reports(app, old);
    await story.tick(old);
    expect(story.phase).toBe("published");
    await story.passes(minutes(1));
    await story.reports(app, old);
    await story.tick(old);
    expect(story.phase).toBe("idle");
  });

  it("and forward again needs no wait, where the configuration is another one", async () => {
    const { story, old, newer } = await mixed();
    newer.crash();
    old.deploy([story.config]);
    await story.tick(old);
    await story.passes(minutes(31));
    await story.tick(old);
    newer.deploy([{ ...story.config, rotateEveryMs: days(61) }]);
    await story.tick(newer);
    expect((await story.status(newer)).waitingFor?.reason).not.toBe("NewerConfiguration");
    expect(story.record.configuration?.replaced).toHaveLength(2);
  });
});
