import { InstanceCounts } from "../../../lib/signals/instance-counts";
import { days, seconds } from "../../builders/time";
import { VirtualClock } from "../../fakes/world/virtual-clock";

const options = { signal: new AbortController().signal };

/** A table with this number of instances of each consumer. */
const table = (instances: number) => {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const signals = {
    countInstances: async (_account: string, consumer: string, since: string) => {
      asked.push(`${consumer} ${since}`);
      return instances;
    },
  };
  const counts = new InstanceCounts(signals, clock);
  const hasRoom = (consumer = "render-api") => counts.hasRoom("render-weu", consumer, days(1), options);
  return { clock, asked, counts, hasRoom };
};

describe("the number of instances of a consumer", () => {
  it("leaves room below 10,000, of those heard of since they would be forgotten", async () => {
    const { clock, asked, hasRoom } = table(9_999);
    expect(await hasRoom()).toBe(true);
    const since = new Date(clock.now().getTime() - days(1)).toISOString();
    expect(asked).toEqual([`render-api ${since}`]);
    expect(await table(10_000).hasRoom()).toBe(false);
  });

  it("is counted again each time while it is below 100", async () => {
    const { asked, hasRoom } = table(99);
    await hasRoom();
    await hasRoom();
    expect(asked).toHaveLength(2);
  });

  it("is kept for as many milliseconds as it is, with what this process adds", async () => {
    const { clock, asked, counts, hasRoom } = table(9_998);
    await hasRoom();
    counts.added("render-weu", "render-api");
    expect(await hasRoom()).toBe(true);
    counts.added("render-weu", "render-api");
    clock.advance(9_997);
    expect(await hasRoom()).toBe(false);
    expect(asked).toHaveLength(1);
    clock.advance(1);
    expect(await hasRoom()).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it("of one consumer says nothing about another, and is counted again after a clock was set back", async () => {
    const { asked, counts, hasRoom } = table(200);
    await hasRoom();
    counts.added("render-weu", "never-counted");
    await hasRoom("nightly-etl");
    expect(asked).toHaveLength(2);
    let now = 1_000_000;
    let counted = 0;
    const back = new InstanceCounts({ countInstances: async () => (counted += 200) }, { now: () => new Date(now) });
    await back.hasRoom("render-weu", "render-api", days(1), options);
    now -= seconds(60);
    await back.hasRoom("render-weu", "render-api", days(1), options);
    expect(counted).toBe(400);
  });
});
