import { minutes } from "../builders/time";
import { anIdleStory, nextCall, type Story } from "./story";

const endOf = (story: Story) =>
  story.world.tables.events(story.config.name).findLast(({ event }) => event === "RotationCompleted");

describe("the proof that the old key is dead", () => {
  it("outlives a crash between the disabling of its version and the end of the rotation", async () => {
    const { story } = await anIdleStory();
    await story.demand();
    nextCall(story, "secrets.disable", { kind: "crash", at: "after" });
    await story.goesOnUntilIdle();
    expect(endOf(story)).toMatchObject({
      detail: expect.stringContaining("the old key is dead: a signed call with the old key was refused"),
      evidence: { provenDeadBy: "a signed call with the old key was refused", notProvenDead: null },
    });
    const provenDeadAt = endOf(story)?.evidence?.["provenDeadAt"];
    expect(provenDeadAt === endOf(story)?.at).toBe(false);
    expect(story.violation).toBeNull();
  });

  it("is not claimed where a person disabled the version before the key could be tried", async () => {
    const { story } = await anIdleStory({ settleMs: { accept: 0, refuse: minutes(12) } });
    await story.demand();
    await story.goesOn(() => story.phase === "retired");
    const old = story.world.vault.versions(story.config.secret).at(-2);
    if (old === undefined) throw new Error("there is no old version");
    old.disabledBy = "person";
    await story.goesOnUntilIdle();
    expect(endOf(story)).toMatchObject({
      detail: expect.stringContaining("the old key was not proven dead: its secret version was disabled"),
      evidence: { provenDeadBy: null, provenDeadAt: null, disabledVersion: null },
    });
    expect(story.violation).toBeNull();
  });
});
