import { minutes, seconds } from "../builders/time";
import { aConsumer } from "../builders/account";
import { anIdleStory, nextCall, Story } from "./story";

const place = "job nightly-etl, environment setting BATCH_KEY of its job manager task";

/** A job of the account holds this value. */
const hold = ({ world, config }: Story, value: string): void => {
  world.batch.of(config.batch.resourceId).held.set(place, value);
};
const release = ({ world, config }: Story): void => world.batch.of(config.batch.resourceId).held.clear();
const searches = ({ world }: Story): number => world.faults.calls("batch.search");

/** Published, with the one app on the new key, and a copy of the previous one in a job. */
const held = async ({ mode, retireAfterMs }: { mode?: "approval"; retireAfterMs?: number } = {}) => {
  const { story, app } = await anIdleStory({ account: { gate: { soakMs: 0 } } });
  if (mode !== undefined) story.reconfigure({ gate: { ...story.config.gate, mode } });
  const old = story.keys.primary;
  hold(story, old.value);
  await story.demand(retireAfterMs === undefined ? {} : { retireAfterMs });
  await story.passes(seconds(1));
  story.reads(app);
  await story.reports(app);
  return { story, app, old };
};

const eventOf = ({ world, config }: Story, kind: string) =>
  world.tables.events(config.name).findLast(({ event }) => event === kind);

describe("a copy of the previous key in the account", () => {
  it("shuts the gate that every consumer has opened, with the place and the remedy, until it is gone", async () => {
    const { story, app, old } = await held();
    expect((await story.status()).waitingFor).toMatchObject({
      reason: "KeyInAccount",
      detail: expect.stringMatching(new RegExp(`holds the primary key, .* in ${place}: .*authenticationTokenSettings`)),
    });
    expect(eventOf(story, "KeyInAccount")).toMatchObject({ reason: "KeyInAccount" });
    await story.passes(minutes(14));
    await story.reports(app);
    await story.tick();
    expect([story.phase, story.keys.primary]).toEqual(["published", old]);
    release(story);
    await story.passes(minutes(2));
    await story.reports(app);
    await story.tick();
    expect(story.phase).toBe("idle");
    expect(eventOf(story, "AlarmCleared")).toMatchObject({ reason: "KeyInAccount" });
    expect(eventOf(story, "KeyRetired")?.evidence).toMatchObject({
      searchFound: expect.stringMatching(/^no copy of the primary key was found/),
      override: null,
    });
    expect(story.violation).toBeNull();
  });

  it("has the account searched again every quarter of an hour, not at every tick", async () => {
    const { story, app } = await held();
    const before = searches(story);
    for (let tick = 0; tick < 12; tick += 1) {
      await story.passes(minutes(5));
      await story.reports(app);
      await story.tick();
    }
    expect(searches(story) - before).toBe(4);
  });

  it("is overridden by an approval that was given after it was found", async () => {
    const { story } = await held();
    await story.passes(seconds(1));
    await story.operate("approve");
    expect(story.phase).toBe("idle");
    expect(eventOf(story, "KeyRetired")?.detail).toMatch(
      /approved by operator:ada .*in spite of KeyInAccount: .*nightly/,
    );
    expect(story.violation).toBeNull();
  });

  it("is not overridden by an approval from before it was found", async () => {
    const { story, old } = await held({ mode: "approval" });
    expect((await story.status()).waitingFor?.reason).toBe("ApprovalPending");
    await story.operate("approve");
    expect((await story.status()).waitingFor).toMatchObject({
      reason: "KeyInAccount",
      detail: expect.stringMatching(
        /; the approval of operator:ada at .* is from before that: approve once more only if/,
      ),
    });
    expect(eventOf(story, "KeyInAccount")?.detail).toMatch(/approve once more/);
    expect(story.keys.primary).toBe(old);
    await story.passes(seconds(1));
    await story.operate("approve");
    expect(story.phase).toBe("idle");
  });

  it("does not keep a leaked key alive beyond retireAfter", async () => {
    const { story } = await held({ retireAfterMs: minutes(30) });
    expect((await story.status()).waitingFor?.reason).toBe("KeyInAccount");
    const before = searches(story);
    await story.passes(minutes(30));
    await story.tick();
    expect([story.phase, searches(story)]).toEqual(["idle", before]);
    expect(eventOf(story, "KeyRetired")?.detail).toMatch(/retireAfter has passed .* in spite of KeyInAccount/);
  });

  it("is not searched for where the configuration leaves it out, and no longer shuts the gate then", async () => {
    const { story, app, old } = await held();
    expect(story.keys.primary).toBe(old);
    const before = searches(story);
    story.reconfigure({ gate: { ...story.config.gate, searchAccount: false } });
    await story.passes(minutes(5));
    await story.reports(app);
    await story.tick();
    expect([story.phase, searches(story)]).toEqual(["idle", before]);
  });
});

it("a copy of the published key shuts no gate", async () => {
  const { story, app } = await anIdleStory({ account: { gate: { soakMs: 0 } } });
  await story.demand();
  hold(story, story.keys.secondary.value);
  await story.passes(seconds(1));
  story.reads(app);
  await story.reports(app);
  expect(story.phase).toBe("idle");
});

it("a copy of the standby key keeps an account from being adopted", async () => {
  const story = new Story({ account: { gate: { soakMs: 0 } } });
  const app = story.app("vm-1");
  await story.tick();
  hold(story, story.keys.secondary.value);
  await story.reports(app);
  await story.tick();
  expect((await story.status()).waitingFor?.reason).toBe("KeyInAccount");
  await story.passes(seconds(1));
  await story.operate("approve");
  expect(story.phase).toBe("idle");
  expect(eventOf(story, "Adopted")?.detail).toMatch(/in spite of KeyInAccount: .*holds the secondary key/);
});

it("a copy of the key that a rotation leaves behind keeps it from ending on the primary key", async () => {
  const { story, app } = await anIdleStory({ account: { settleOn: "primary", gate: { soakMs: 0 } } });
  await story.demand();
  hold(story, story.keys.secondary.value);
  await story.passes(seconds(1));
  story.reads(app);
  await story.reports(app);
  expect(story.phase).toBe("settling");
  await story.passes(seconds(1));
  story.reads(app);
  await story.reports(app);
  expect((await story.status()).waitingFor?.reason).toBe("KeyInAccount");
  release(story);
  await story.goesOnUntilIdle();
});

describe("a search", () => {
  it("that fails has the step tried again later, and the key lives until then", async () => {
    const { story, app } = await anIdleStory({ account: { gate: { soakMs: 0 } } });
    const old = story.keys.primary;
    await story.demand();
    nextCall(story, "batch.search", { kind: "refused", retryAfterMs: null });
    await story.passes(seconds(1));
    story.reads(app);
    await story.reports(app);
    expect([story.phase, story.keys.primary]).toEqual(["published", old]);
    expect((await story.status()).waitingFor?.reason).toBe("BackingOff");
    await story.goesOnUntilIdle();
    expect(story.keys.primary).not.toBe(old);
  });

  it("that took long has vault and keys compared anew before the regenerate, and is not repeated", async () => {
    const { story, app } = await anIdleStory({ account: { gate: { soakMs: 0 } } });
    await story.demand();
    nextCall(story, "batch.search", { kind: "freeze", ms: seconds(20) });
    const [lists, before] = [story.world.faults.calls("batch.readKeys"), searches(story)];
    await story.passes(seconds(1));
    story.reads(app);
    await story.reports(app);
    expect(story.phase).toBe("idle");
    expect([story.world.faults.calls("batch.readKeys") - lists, searches(story) - before]).toEqual([2, 1]);
  });

  it("that has not seen everything opens the gate and says so", async () => {
    const { story, app } = await anIdleStory({ account: { gate: { soakMs: 0 } } });
    story.world.batch.of(story.config.batch.resourceId).searchedInPart = "only the first 20000 were searched";
    await story.demand();
    await story.passes(seconds(1));
    story.reads(app);
    await story.reports(app);
    expect(story.phase).toBe("idle");
    expect(eventOf(story, "KeyRetired")).toMatchObject({
      detail: expect.stringMatching(/not searched in full for copies of the key: only the first 20000/),
      evidence: { searchIncomplete: "only the first 20000 were searched" },
    });
  });

  it("is not made where the data plane is not called", async () => {
    const story = new Story({ account: { probe: "none", gate: { consumers: [aConsumer()], soakMs: 0 } } });
    story.app("vm-1");
    await story.tick();
    await story.goesOnUntilIdle();
    expect(searches(story)).toBe(0);
  });
});
