import { minutes } from "../builders/time";
import { anIdleStory, nextCall, Story } from "./story";

describe("two concurrent drivers", () => {
  it("take each step once", async () => {
    const { story } = await anIdleStory();
    const second = story.start("p2");
    await story.finish(
      Promise.all([
        story.first.ticker.tick(),
        second.ticker.tick(),
        story.world.product.rotateOnDemand(story.first.app, story.config, {
          reason: "one",
          retireAfterMs: null,
          idempotencyKey: null,
          by: "operator:ada",
        }),
        story.world.product.rotateOnDemand(second.app, story.config, {
          reason: "other",
          retireAfterMs: null,
          idempotencyKey: null,
          by: "operator:ada",
        }),
      ]),
    );
    expect(story.events.filter((event) => event === "RotationStarted")).toHaveLength(1);
    expect(story.replaced("secondary")).toBe(1);
    await story.goesOnUntilIdle();
    expect(story.replaced("primary")).toBe(1);
    expect(story.violation).toBeNull();
  });

  it("publish once when both see an account for the first time", async () => {
    const story = new Story({ vault: "nothing" });
    await story.tickBoth(story.first, story.start("p2"));
    expect(story.versions).toBe(1);
    expect(story.violation).toBeNull();
  });

  it("wait for each other no longer than a claim when one of them freezes", async () => {
    const { story } = await anIdleStory();
    const second = story.start("p2");
    nextCall(story, "rotations.intent", { kind: "freeze", ms: minutes(20) });
    const asked = { reason: "one", retireAfterMs: null, idempotencyKey: null, by: "operator:ada" };
    const frozen = story.world.product.rotateOnDemand(story.first.app, story.config, asked).catch(() => null);
    await story.passes(minutes(1));
    expect((await story.demand({}, second))?.kind).toBe("refused");
    expect((await story.status(second)).waitingFor?.reason).toBe("Claimed");
    await story.passes(minutes(6));
    await story.tick(second);
    expect((await story.status(second)).waitingFor?.reason).toBe("OutcomeUnknown");
    await story.passes(minutes(5));
    await story.tick(second);
    expect(story.phase).toBe("published");
    await story.finish(frozen);
    await story.goesOnUntilIdle();
    expect([story.replaced("secondary"), story.replaced("primary")]).toEqual([1, 1]);
    expect(story.violation).toBeNull();
  });
});

it("a process with a slow clock sends nothing once one with a fast clock may have taken its claim over", async () => {
  const { story } = await anIdleStory();
  const second = story.start("p2");
  story.first.clock.offsetMs = -45_000;
  second.clock.offsetMs = 45_000;
  nextCall(story, "rotations.intent", { kind: "freeze", ms: minutes(4.8) });
  const asked = { reason: "due", retireAfterMs: null, idempotencyKey: null, by: "operator:ada" };
  const frozen = story.world.product.rotateOnDemand(story.first.app, story.config, asked).catch(() => null);
  await story.passes(minutes(4.7));
  await story.tick(second);
  expect(story.record.quarantine).toMatchObject({ slot: "secondary" });
  await story.finish(frozen);
  expect([story.replaced("secondary"), story.violation]).toEqual([0, null]);
});

it("a driver whose clock is set back while it asks for a claim waits no longer", async () => {
  const { story } = await anIdleStory();
  const second = story.start("p2");
  nextCall(story, "batch.readKeys", { kind: "freeze", ms: minutes(5) });
  const asked = { reason: "due", retireAfterMs: null, idempotencyKey: null, by: "operator:ada" };
  const frozen = story.world.product.rotateOnDemand(story.first.app, story.config, asked).catch(() => null);
  await story.passes(minutes(1));
  let reads = 0;
  story.world.faults.onEffect((operation) => {
    if (operation !== "rotations.read") return;
    second.clock.offsetMs = -45_000;
    reads += 1;
    if (reads > 50) throw new Error("it asks again and again");
  });
  const operate = { action: "pause", reason: "because", by: "operator:ada" } as const;
  await story.finish(story.world.product.operate(second.app, story.config, operate));
  expect(reads).toBeLessThan(20);
  await story.finish(frozen);
});
