import { Ticker } from "../../../lib/operations/tick/tick";
import { minutes } from "../../builders/time";
import { aBenchApp } from "../bench-app";
import { type Measure, row } from "../row";

const accounts = 200;

const heapMiB = (): number => {
  if (globalThis.gc === undefined) throw new Error("run it with --expose-gc, as `npm run bench` does");
  globalThis.gc();
  return process.memoryUsage().heapUsed / 1024 / 1024;
};

/** Memory of a process that ticks for a month and has nothing to do, its usual state. */
export const memory: Measure = {
  name: "memory",
  title: "memory: many ticks of one process",
  run: async ({ full, stop }) => {
    const ticks = full ? 10_000 : 2_000;
    const { app, clock } = await aBenchApp(accounts);
    const ticker = new Ticker(app);
    const run = async (count: number): Promise<void> => {
      for (let tick = 0; tick < count && !stop.aborted; tick++) {
        await ticker.tick();
        clock.advance(minutes(5));
      }
    };
    await run(200);
    const before = heapMiB();
    await run(ticks);
    const after = heapMiB();
    return [
      row("–", `growth of the heap over ${ticks} ticks of ${accounts} accounts`, Math.max(0, after - before), {
        unit: "MiB",
        bound: 1,
        note: `${after.toFixed(1)} MiB at the end; in-memory services, virtual time`,
      }),
    ];
  },
};
