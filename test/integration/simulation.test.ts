import * as product from "../fakes/world/product";
import { planOf } from "../simulation/plan";
import { runHistory } from "../simulation/run-history";
import { shrink } from "../simulation/shrink";

const each = 500;

/** The violation with the shortest history found. */
const firstViolation = async (first: number): Promise<string | null> => {
  for (let seed = first; seed < first + each; seed += 1) {
    const { violation } = await runHistory(product, seed);
    if (violation === null) continue;
    const { result } = await shrink(product, planOf(seed), violation.invariant);
    return `seed ${seed}: ${violation.invariant}: ${violation.text}\n${result.journal?.join("\n")}`;
  }
  return null;
};

describe("histories with faults, crashes, races and manual changes", () => {
  it.each([1, 501, 1001, 1501])("keep every invariant, from seed %i on", async (first) => {
    expect(await firstViolation(first)).toBeNull();
  });

  it("are reproducible, whatever ran before", async () => {
    for (const seed of [3, 25, 77, 1234]) {
      const first = await runHistory(product, seed, true);
      await runHistory(product, seed + 1);
      const again = await runHistory(product, seed, true);
      expect(again).toEqual(first);
    }
  });

  it("differ from seed to seed", async () => {
    const [one, other] = [await runHistory(product, 1, true), await runHistory(product, 2, true)];
    expect(one.journal).not.toEqual(other.journal);
  });
});
