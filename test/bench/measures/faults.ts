import { runRotator } from "../faulty/run-rotator";
import { runScript } from "../faulty/run-script";
import { type Outcome, Stage } from "../faulty/stage";
import { type Measure, row, type Surroundings } from "../row";

const rowsOf = (side: string, { rotations, completed, refused, answered }: Outcome, bounded: boolean) => [
  row("14", `refused calls, ${side}`, refused, {
    bound: bounded ? 0 : null,
    note: `of ${refused + answered} calls of apps`,
  }),
  row("14", `rotations not completed, ${side}`, rotations - completed, {
    note: `of ${rotations}; 5 % of the requests fail, 2 % lose their answer, one app in ten is slow`,
  }),
];

export const faults: Measure = {
  name: "faults",
  title: "faults: the usual script and the rotator under the same random faults",
  run: async ({ full, stop, progress }: Surroundings) => {
    const rounds = full ? 10 : 1;
    const stage = await Stage.open();
    try {
      progress("  the script");
      const script = await runScript(stage, rounds, stop);
      progress("  the rotator");
      const ours = await runRotator(stage, rounds, stop);
      return [...rowsOf("the rotator", ours, true), ...rowsOf("the script", script, false)];
    } finally {
      await stage.emulators.close();
    }
  },
};
