import { minutes } from "../builders/time";
import type { Operation } from "../fakes/world/faults";
import { anIdleStory, type Story } from "./story";

/** A copy of the three tables; puts it back. */
const copyOf = ({ world: { tables } }: Story): (() => void) => {
  const { rotations, history, signals } = structuredClone({
    rotations: tables.rotations,
    history: tables.history,
    signals: tables.signals,
  });
  return () => {
    for (const { record } of rotations.values()) tables.restore(record);
    for (const [account, events] of history) tables.history.set(account, [...events]);
    for (const [account, reports] of signals) tables.signals.set(account, new Map(reports));
  };
};

const lose = ({ world: { tables } }: Story): void => {
  for (const table of [tables.rotations, tables.history, tables.signals, tables.notices]) table.clear();
};

interface Place {
  readonly operation: Operation;
  readonly nth: number;
}

/** Calls `work` before each call of a whole rotation. */
const during = async (story: Story, work: (place: Place) => void): Promise<void> => {
  story.world.observer.beforeCall = (operation, nth) => work({ operation, nth });
  await story.demand();
  await story.goesOnUntilIdle();
  story.world.observer.beforeCall = () => undefined;
};

const everyCall = async (): Promise<readonly Place[]> => {
  const { story } = await anIdleStory();
  const places: Place[] = [];
  await during(story, (place) => places.push(place));
  expect(places.length).toBeGreaterThan(50);
  return places;
};

const continues = async (story: Story): Promise<void> => {
  await story.passes(minutes(10));
  await story.goesOnUntilIdle();
  await story.demand();
  await story.goesOnUntilIdle();
};

/** docs/recovery.md promises both. */
describe("tables that are lost, or older than the truth, cost no app its key", () => {
  it("lost at any call of a rotation", async () => {
    for (const place of await everyCall()) {
      const { story } = await anIdleStory();
      story.world.faults.place({ ...place, fault: { kind: "crash", at: "after" } });
      await story.demand();
      story.waiveHistory();
      lose(story);
      await continues(story);
      expect([place, story.violation]).toEqual([place, null]);
    }
  });

  it("restored from a copy of any call of a rotation that has ended since", async () => {
    for (const place of await everyCall()) {
      const { story } = await anIdleStory();
      const copies: (() => void)[] = [];
      await during(story, ({ operation, nth }) => {
        if (operation === place.operation && nth === place.nth) copies.push(copyOf(story));
      });
      const live = story.keys;
      story.waiveHistory();
      const [restore] = copies;
      if (restore === undefined) throw new Error("the call was not reached");
      restore();
      await story.passes(minutes(10));
      await story.tick();
      expect([place, story.keys]).toEqual([place, live]);
      await continues(story);
      expect([place, story.violation]).toEqual([place, null]);
    }
  });
});
