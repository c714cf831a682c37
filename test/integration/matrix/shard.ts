import { parseArgs } from "node:util";
import { callName, type RecordedCall } from "./calls";
import { cellName, cellsOf, columnName, type Pack, packsOf } from "./cells";
import { describeResult, isIdentityCall, Matrix, hasTokenFault } from "./matrix";
import type { ShardLine } from "./shards";
import { firstLook } from "./looks";
import type { Story } from "./subject";

/** One process of the matrix: records the calls, then runs its part of the cells. Its output lines are `ShardLine`s. */
const say = (line: ShardLine): void => console.log(JSON.stringify(line));

const options = () => {
  const { values } = parseArgs({
    options: {
      shard: { type: "string", default: "0" },
      shards: { type: "string", default: "1" },
      lanes: { type: "string", default: "12" },
      tokens: { type: "boolean", default: false },
      apart: { type: "boolean", default: false },
      only: { type: "string", default: "" },
    },
  });
  return { ...values, shard: Number(values.shard), shards: Number(values.shards), lanes: Number(values.lanes) };
};

/** Time limits of the adapters are in real time. They are shorter here, or one hanging request would take a minute. */
const hurry = (): void => {
  const inRealTime = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => inRealTime(ms / 5);
};

const main = async (): Promise<void> => {
  hurry();
  const { shard, shards, lanes, only, ...which } = options();
  const matrix = await Matrix.open(which.tokens ? 1 : lanes);
  try {
    const alternate = await matrix.record("alternate");
    const known = new Set(alternate.map(callKey));
    const settling = (await matrix.record("primary")).filter((call) => !known.has(callKey(call)));
    // The others are those of a listed account. Its token has faults there too: they mostly wait, so once is enough.
    const looking = (await matrix.record("found")).filter(
      (call) => call.stage === "discovery" && (which.apart || isOther(call)),
    );
    const looks = firstLook(await matrix.record("platforms"));
    const packs = (calls: readonly RecordedCall[], story: Story): readonly Pack[] =>
      which.apart ? cellsOf(story, calls).map((cell) => [cell]) : packsOf(story, calls);
    const all = [
      ...packs(alternate.filter(isIdentityCall), "alternate"),
      ...packs(alternate.filter(isOther), "alternate"),
      ...packs(settling, "primary"),
      ...packs(looking.filter(isIdentityCall), "found"),
      ...packs(looking.filter(isOther), "found"),
      ...packs(looks, "platforms"),
    ].filter((pack) => pack.some((cell) => cellName(cell).includes(only)));
    const mine = all
      .filter((pack) => hasTokenFault(pack) === which.tokens)
      .filter((_, index) => index % shards === shard);
    const calls = [...alternate, ...settling, ...looking, ...looks].map(callName);
    say({ kind: "plan", calls, cells: all.flat().length });
    await matrix.runAll(mine, (result) =>
      say({
        kind: "pack",
        columns: result.pack.map(columnName),
        problem: result.problems.length > 0 ? describeResult(result) : null,
      }),
    );
    say({ kind: "end" });
  } finally {
    await matrix.close();
  }
};

const isOther = (call: RecordedCall): boolean => !isIdentityCall(call);

const callKey = ({ route, part, nth }: RecordedCall): string => `${route} ${part} ${nth}`;

main().then(
  () => process.exit(0),
  (problem: unknown) => {
    console.error(problem);
    process.exit(1);
  },
);
