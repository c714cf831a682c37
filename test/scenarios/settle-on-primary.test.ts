import { seconds } from "../builders/time";
import { anIdleStory } from "./story";

describe("an account that settles on its primary key", () => {
  it("ends every rotation on the primary, behind a second gate", async () => {
    const { story, app } = await anIdleStory({ account: { settleOn: "primary", gate: { soakMs: 0 } } });
    await story.demand();
    expect([story.phase, story.published]).toEqual(["published", "secondary"]);
    await story.passes(seconds(1));
    story.reads(app);
    await story.reports(app);
    expect([story.phase, story.published]).toEqual(["settling", "primary"]);
    expect((await story.status()).waitingFor?.reason).toBe("OnPreviousKey");
    await story.passes(seconds(1));
    story.reads(app);
    await story.reports(app);
    expect([story.phase, story.published]).toEqual(["idle", "primary"]);
    expect([story.replaced("primary"), story.replaced("secondary")]).toEqual([1, 1]);
    expect(story.violation).toBeNull();
  });
});
