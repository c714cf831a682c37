import { setImmediate as turn } from "node:timers/promises";
import { fairly } from "../../../../lib/operations/tick/fairly";

const groupOf = (item: string): string => item.slice(0, 1);

const failsForB = async (item: string): Promise<string> => {
  if (item === "b1") throw new Error("the second one");
  return item;
};

/** The order in which items begin, with `most` at once, where each takes the turns of its number. */
const begun = async (items: readonly string[], most: number): Promise<string> => {
  const order: string[] = [];
  await fairly(items, groupOf, most, async (item) => {
    order.push(item);
    for (let left = Number(item.slice(1)); left > 0; left -= 1) await turn();
  });
  return order.join(" ");
};

describe("work on many groups", () => {
  it("does nothing without items", async () => {
    expect(await fairly([], groupOf, 3, async () => 1)).toEqual([]);
  });

  it("returns the results in the order of the items", async () => {
    const results = await fairly(["a3", "b0", "a1", "c2"], groupOf, 3, async (item) => {
      for (let left = Number(item.slice(1)); left > 0; left -= 1) await turn();
      return `after ${item}`;
    });
    expect(results).toEqual(["after a3", "after b0", "after a1", "after c2"]);
  });

  it("takes the groups in turn, however large the first is", async () => {
    expect(await begun(["a1", "a1", "a1", "a1", "b1", "b1", "c1"], 1)).toBe("a1 b1 c1 a1 b1 a1 a1");
  });

  it("lets a group that is slow hold up no other", async () => {
    expect(await begun(["a9", "a9", "a9", "b1", "b1", "b1", "b1"], 2)).toBe("a9 b1 b1 b1 b1 a9 a9");
  });

  it("uses every place for one group where there is no other", async () => {
    let [underWay, highest] = [0, 0];
    await fairly(["a1", "a2", "a3", "a4", "a5"], groupOf, 3, async () => {
      underWay += 1;
      highest = Math.max(highest, underWay);
      await turn();
      underWay -= 1;
    });
    expect(highest).toBe(3);
  });

  it("fails with the first failure", async () => {
    await expect(fairly(["a1", "b1", "a2"], groupOf, 2, failsForB)).rejects.toThrow("the second one");
  });
});
