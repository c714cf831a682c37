import { minutes } from "../builders/time";
import { anIdleStory, nextCall, Story } from "./story";

describe("a rotation on demand", () => {
  it("is not started twice for the same idempotency key, during the rotation and after it", async () => {
    const { story } = await anIdleStory();
    const asked = { idempotencyKey: "incident-7" };
    const first = await story.demand(asked);
    const again = await story.demand(asked);
    expect([first?.kind, again?.kind]).toEqual(["accepted", "accepted"]);
    await story.goesOnUntilIdle();
    expect((await story.demand(asked))?.kind).toBe("accepted");
    expect(story.events.filter((event) => event === "RotationStarted")).toHaveLength(1);
    expect(story.violation).toBeNull();
  });

  it("is refused where its idempotency key was used with another body", async () => {
    const { story } = await anIdleStory();
    await story.demand({ idempotencyKey: "incident-7" });
    const other = await story.demand({ idempotencyKey: "incident-7", retireAfterMs: minutes(15) });
    expect(other).toMatchObject({ kind: "refused", reason: "IdempotencyKeyReused" });
  });

  it("is refused while paused, before adoption, and while another is under way", async () => {
    const unseen = new Story();
    expect(await unseen.demand()).toMatchObject({ kind: "refused", reason: "NotAdopted" });
    const { story } = await anIdleStory();
    story.reconfigure({ paused: true });
    expect(await story.demand()).toMatchObject({ kind: "refused", reason: "Paused" });
    story.reconfigure({ paused: false });
    await story.tick();
    expect((await story.demand())?.kind).toBe("accepted");
    expect(await story.demand()).toMatchObject({ kind: "refused", reason: "RotationUnderWay" });
    expect(story.violation).toBeNull();
  });

  it("is answered with Busy where another driver holds the account for longer than a few seconds", async () => {
    const { story } = await anIdleStory();
    const second = story.start("p2");
    nextCall(story, "rotations.replace", { kind: "crash", at: "after" });
    await story.demand();
    const busy = await story.demand({}, second);
    expect(busy).toEqual({ kind: "busy", retryAfterSeconds: 30 });
    expect(story.violation).toBeNull();
  });
});
