import * as product from "../fakes/world/product";
import { freshSeed } from "../simulation/fresh-seed";
import { planOf } from "../simulation/plan";
import { runHistory } from "../simulation/run-history";
import { shrink } from "../simulation/shrink";

const each = 500;
const first = freshSeed();

/** The violation with the shortest history found. */
const firstViolation = async (from: number): Promise<string | null> => {
  for (let seed = from; seed < from + each; seed += 1) {
    const { violation } = await runHistory(product, seed);
    if (violation === null) continue;
    const { result } = await shrink(product, planOf(seed), violation.invariant);
    const again = `first seed ${first}; the whole history: npm run simulate -- --seed ${seed}`;
    return `seed ${seed}: ${violation.invariant}: ${violation.text}\n${result.journal?.join("\n")}\n${again}`;
  }
  return null;
};

describe("histories with faults, crashes, races and manual changes", () => {
  beforeAll(() => {
    console.info(`the first seed of ${4 * each} histories is ${first}`);
  });

  it.each([0, 1, 2, 3])("keep every invariant, with seeds that no run has had (part %i)", async (part) => {
    expect(await firstViolation(first + part * each)).toBeNull();
  });

  it("are reproducible, whatever ran before", async () => {
    for (const seed of [3, 25, 77, 1234]) {
      const once = await runHistory(product, seed, true);
      await runHistory(product, seed + 1);
      const again = await runHistory(product, seed, true);
      expect(again).toEqual(once);
    }
  });

  it("differ from seed to seed", async () => {
    const [one, other] = [await runHistory(product, 1, true), await runHistory(product, 2, true)];
    expect(one.journal).not.toEqual(other.journal);
  });
});
