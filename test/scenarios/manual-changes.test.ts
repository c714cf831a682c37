import { rotationOf } from "../../lib/rotation/phases";
import { days, minutes } from "../builders/time";
import { anIdleStory } from "./story";

describe("a key published manually", () => {
  it("is adopted when it is the standby key, and ends the rotation under way", async () => {
    const { story } = await anIdleStory();
    await story.demand();
    const { primary, secondary } = story.keys;
    story.publishManually(primary.value);
    await story.passes(minutes(5));
    await story.tick();
    expect([story.phase, story.published]).toEqual(["adopting", "primary"]);
    expect(story.events.slice(-2)).toEqual(["SlotAdopted", "RotationSuperseded"]);
    expect(story.keys).toEqual({ primary, secondary });
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });

  it("is adopted before anything is regenerated, when it is found at the start of a rotation", async () => {
    const { story } = await anIdleStory();
    const { primary, secondary } = story.keys;
    story.publishManually(secondary.value);
    await story.demand();
    expect([story.phase, story.published]).toEqual(["adopting", "secondary"]);
    expect(story.keys).toEqual({ primary, secondary });
    expect(story.violation).toBeNull();
  });

  it("and withdrawn manually does not break an app that read it in between", async () => {
    const { story, app } = await anIdleStory();
    const { primary, secondary } = story.keys;
    story.publishManually(secondary.value);
    story.reads(app);
    story.publishManually(primary.value);
    await story.demand();
    expect(story.keys).toEqual({ primary, secondary });
    expect([story.phase, story.published]).toEqual(["adopting", "primary"]);
    expect(story.events.slice(-2)).toEqual(["KeyPublished", "RotationSuperseded"]);
    await story.goesOnUntilIdle();
    expect(story.record.lastRotation?.outcome).toBe("completed");
    expect(story.violation).toBeNull();
  });

  it("and withdrawn restarts the rotation of a leaked key with its original request", async () => {
    const { story } = await anIdleStory({ account: { rotateEveryMs: days(90) } });
    const asked = { reason: "the key leaked", retireAfterMs: minutes(15), idempotencyKey: "leak-7" };
    const { primary, secondary } = story.keys;
    story.publishManually(secondary.value);
    story.publishManually(primary.value);
    await story.demand(asked);
    expect([story.phase, story.record.lastRotation?.outcome]).toEqual(["adopting", "superseded"]);
    expect((await story.demand(asked))?.kind).toBe("accepted");
    await story.goesOn(() => story.phase === "published");
    expect(rotationOf(story.record.state)).toMatchObject({ trigger: "demand", by: "operator:ada", ...asked });
    expect((await story.demand(asked))?.kind).toBe("accepted");
    await story.goesOnUntilIdle();
    expect(story.keys.primary).not.toEqual(primary);
    expect(story.events.filter((event) => event === "RotationStarted")).toHaveLength(2);
    expect(story.violation).toBeNull();
  });

  it("and withdrawn during the retirement of the old key must be confirmed before another rotation", async () => {
    const { story, app } = await anIdleStory({ settleMs: { accept: 0, refuse: minutes(12) } });
    await story.demand();
    await story.goesOn(() => story.phase === "retired");
    story.publishManually(story.keys.primary.value);
    story.reads(app);
    story.publishManually(story.keys.secondary.value);
    await story.passes(minutes(12));
    await story.tick();
    expect([story.phase, story.record.lastRotation?.outcome]).toEqual(["adopting", "completed"]);
    expect((await story.demand())?.kind).toBe("refused");
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });
});
