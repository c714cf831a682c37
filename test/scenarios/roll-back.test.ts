import { minutes } from "../builders/time";
import { anIdleStory, nextCall } from "./story";

describe("a roll-back", () => {
  it("publishes the previous key again, pauses, and keeps the key of an app that has moved", async () => {
    const { story, app } = await anIdleStory();
    await story.demand();
    const { primary, secondary } = story.keys;
    story.reads(app);
    await story.reports(app);
    await story.operate("rollback");
    expect([story.phase, story.published]).toEqual(["adopting", "primary"]);
    await story.passes(minutes(30));
    await story.tick();
    expect(story.keys).toEqual({ primary, secondary });
    await story.operate("resume");
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });

  it("is finished by the next driver after a crash", async () => {
    const { story } = await anIdleStory();
    await story.demand();
    nextCall(story, "secrets.publish", { kind: "crash", at: "onItsWay", ms: minutes(1) });
    await story.operate("rollback");
    await story.goesOn(() => story.record.lastRotation?.outcome === "rolledBack" && story.record.claim === null);
    expect([story.phase, story.published]).toEqual(["adopting", "primary"]);
    expect(story.violation).toBeNull();
  });

  it("is refused while a regenerate may be in flight", async () => {
    const { story } = await anIdleStory();
    await story.demand();
    nextCall(story, "batch.regenerate", { kind: "late", ms: minutes(2) });
    await story.goesOn(() => story.record.quarantine !== null);
    expect(await story.operate("rollback")).toMatchObject({ kind: "refused", reason: "OutcomeUnknown" });
    await story.goesOnUntilIdle();
    expect(story.violation).toBeNull();
  });
});
