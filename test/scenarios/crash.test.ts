import { type Fault, isCommand, isTableWrite, type Operation } from "../fakes/world/faults";
import { minutes } from "../builders/time";
import { anIdleStory } from "./story";

interface Place {
  readonly operation: Operation;
  readonly nth: number;
}

/** Every call of a whole rotation, in order. */
const everyCall = async (): Promise<readonly Place[]> => {
  const { story } = await anIdleStory();
  const places: Place[] = [];
  const { observer } = story.world;
  observer.beforeCall = (operation, nth) => places.push({ operation, nth });
  await story.demand();
  await story.goesOnUntilIdle();
  return places;
};

const crashes = ({ operation }: Place): readonly Fault[] => [
  { kind: "crash", at: "before" },
  { kind: "crash", at: "after" },
  ...(isCommand(operation) ? [{ kind: "crash", at: "onItsWay", ms: minutes(4) } as const] : []),
  ...(isTableWrite(operation) ? [{ kind: "crash", at: "onItsWay", ms: 3_000 } as const] : []),
];

describe("a rotation whose driver crashes", () => {
  it("before, after or during any of its calls is completed by the next driver", async () => {
    const places = await everyCall();
    expect(places.length).toBeGreaterThan(50);
    for (const place of places) {
      for (const fault of crashes(place)) {
        const { story } = await anIdleStory();
        story.world.faults.place({ ...place, fault });
        await story.demand();
        await story.goesOnUntilIdle();
        const where = `${place.operation} ${place.nth}, ${JSON.stringify(fault)}`;
        const rotated = story.events.includes("RotationStarted");
        expect([where, story.published, story.replaced("primary")]).toEqual([
          where,
          rotated ? "secondary" : "primary",
          rotated ? 1 : 0,
        ]);
        expect([where, story.record.lastRotation?.outcome]).toEqual([where, rotated ? "completed" : undefined]);
        expect([where, story.violation]).toEqual([where, null]);
      }
    }
  });
});
