import * as product from "../fakes/world/product";
import { freshSeed } from "../simulation/fresh-seed";
import { summaryOf } from "../simulation/platforms/many";
import { type PlatformHistory, runPlatformHistory } from "../simulation/platforms/run-history";

const runs = 40;
const first = freshSeed();

test("apps on platforms that have no code for it lose no call, in histories that no run has had", async () => {
  const histories: PlatformHistory[] = [];
  for (let seed = first; seed < first + runs; seed += 1) histories.push(await runPlatformHistory(product, seed));
  const { lines, problems } = summaryOf(histories);
  console.info(lines.map((line) => line.join(": ")).join("\n"));
  expect(problems).toEqual([]);
});

test("a history of platforms is reproducible, whatever ran before", async () => {
  const once = await runPlatformHistory(product, 42, true);
  await runPlatformHistory(product, 43);
  expect(await runPlatformHistory(product, 42, true)).toEqual(once);
});
