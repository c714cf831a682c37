import { EventEmitter, once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { concurrently } from "../../lib/concurrently";

/** Fails for the second of three. */
const failsForTwo = async (item: number): Promise<number> => {
  if (item === 2) throw new Error("the second one");
  return item;
};

describe("concurrently", () => {
  it("does nothing without items", async () => {
    expect(await concurrently([], 3, async () => 1)).toEqual([]);
  });

  it("returns the results in the order of the items, whatever order they end in", async () => {
    const results = await concurrently([3, 0, 2, 1], 4, async (turns) => {
      for (let i = 0; i < turns; i += 1) await turn();
      return `after ${turns}`;
    });
    expect(results).toEqual(["after 3", "after 0", "after 2", "after 1"]);
  });

  it.each([
    [1, 1],
    [3, 3],
    [8, 5],
  ])("with a limit of %i for 5 items runs at most %i at once", async (most, expected) => {
    let underWay = 0;
    let highest = 0;
    await concurrently([1, 2, 3, 4, 5], most, async () => {
      underWay += 1;
      highest = Math.max(highest, underWay);
      await turn();
      underWay -= 1;
    });
    expect(highest).toBe(expected);
  });

  it("starts the next item as soon as one ends, without waiting for the slowest", async () => {
    const order: string[] = [];
    const last = new EventEmitter();
    const slow = once(last, "begun");
    const all = concurrently(["slow", "a", "b", "c"], 2, async (item) => {
      if (item === "slow") await slow;
      order.push(item);
      if (item === "c") last.emit("begun");
    });
    await all;
    expect(order).toEqual(["a", "b", "c", "slow"]);
  });

  it("fails when one item fails", async () => {
    await expect(concurrently([1, 2, 3], 2, failsForTwo)).rejects.toThrow("the second one");
  });
});
