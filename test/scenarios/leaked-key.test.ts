import { rotationOf } from "../../lib/rotation/phases";
import { days, hours, minutes } from "../builders/time";
import { anIdleStory, type Story } from "./story";

const asked = { reason: "the key leaked", retireAfterMs: minutes(15), idempotencyKey: "leak-7" };

const published = async (): Promise<Story> => {
  const { story } = await anIdleStory({ account: { rotateEveryMs: days(90) } });
  await story.demand(asked);
  if (story.phase !== "published") throw new Error(`not published, but ${story.phase}`);
  return story;
};
const count = (story: Story, kind: string): number => story.events.filter((event) => event === kind).length;

describe("a rotation for a leaked key", () => {
  it("whose previous value is published again raises an alarm, and retires that key in another rotation", async () => {
    const story = await published();
    const leaked = story.keys.primary.value;
    story.publishManually(leaked);
    await story.tick();
    expect([story.phase, story.published]).toEqual(["adopting", "primary"]);
    expect(story.events.slice(-3)).toEqual(["SlotAdopted", "RotationSuperseded", "UrgentRotationSuperseded"]);
    expect((await story.demand(asked))?.kind).toBe("accepted");
    await story.passes(hours(6));
    await story.tick();
    expect(count(story, "UrgentRotationSuperseded")).toBe(2);
    await story.goesOn(() => story.phase === "published");
    expect(rotationOf(story.record.state)).toMatchObject({ trigger: "demand", by: "operator:ada", ...asked });
    await story.goesOnUntilIdle();
    expect(story.keys.primary.value).not.toBe(leaked);
    expect(story.events).toContain("AlarmCleared");
    expect(story.violation).toBeNull();
  });

  it("whose secret changes in the configuration raises an alarm and starts again with the new secret", async () => {
    const story = await published();
    const leaked = story.keys.primary.value;
    story.reconfigure({ secret: { ...story.config.secret, name: "another-secret" } });
    await story.tick();
    expect(story.events).toContain("UrgentRotationSuperseded");
    expect(story.record.restart).toMatchObject(asked);
    await story.goesOnUntilIdle();
    expect([story.keys.primary.value, story.keys.secondary.value]).not.toContain(leaked);
    expect(story.record.lastRotation).toMatchObject({ outcome: "completed", ...asked });
  });

  it("starts again, as its alarm says, where the standby key is published and no proof of death exists", async () => {
    const { story } = await anIdleStory({ account: { rotateEveryMs: days(90), settleOn: "primary" } });
    await story.demand(asked);
    // So the old key cannot be tried any more.
    for (const version of story.world.vault.versions(story.config.secret).filter(({ by }) => by === "initial"))
      version.disabledBy = "person";
    await story.goesOn(() => story.phase === "settling");
    story.publishManually(story.keys.secondary.value);
    await story.passes(minutes(5));
    await story.tick();
    expect([story.phase, story.events.at(-1)]).toEqual(["adopting", "UrgentRotationSuperseded"]);
    expect(story.record.restart).toMatchObject(asked);
    await story.goesOnUntilIdle();
    expect(story.record.lastRotation).toMatchObject({ outcome: "completed", ...asked });
    expect(story.violation).toBeNull();
  });

  it("is not replaced by another request between its end and its new start", async () => {
    const story = await published();
    story.publishManually(story.keys.primary.value);
    await story.tick();
    const { restart } = story.record;
    story.world.tables.restore({ ...story.record, state: { phase: "idle", active: activeOf(story) } });
    expect(await story.demand({ ...asked, retireAfterMs: null, idempotencyKey: null })).toMatchObject({
      kind: "refused",
      reason: "RotationUnderWay",
    });
    expect(story.record.restart).toEqual(restart);
  });
});

const activeOf = ({ record }: Story) => {
  if (record.state.active === null) throw new Error("there is no active key");
  return record.state.active;
};
