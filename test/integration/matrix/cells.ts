import { callName, type RecordedCall } from "./calls";
import { beyondTheList, changesSomething, lateOnes, type MatrixFault, oneSided, type Side } from "./fault-kinds";
import type { Story } from "./subject";

/** The fault of a call. */
export interface Column {
  readonly fault: MatrixFault;
  readonly side: Side;
}

/** One call with one fault. */
export interface Cell extends Column {
  readonly story: Story;
  readonly call: RecordedCall;
}

/** The cells of one rotation, in the order of their calls. */
export type Pack = readonly Cell[];

export const columnName = ({ fault, side }: Column): string =>
  fault.late === null && fault.times !== "lasting" ? `${fault.name}, ${side} applying` : fault.name;

export const cellName = ({ story, call, ...column }: Cell): string =>
  `${callName(call)}, ${columnName(column)}${suffixes[story]}`;

const suffixes: Readonly<Record<Story, string>> = {
  alternate: "",
  primary: ", settling on the primary",
  found: "",
  platforms: ", of apps on platforms",
};

const columns: readonly Column[] = [...oneSided, ...beyondTheList, ...lateOnes].flatMap((fault): readonly Column[] => {
  if (fault.late !== null) return [{ fault, side: "after" }];
  if (fault.times === "lasting") return [{ fault, side: "before" }];
  return [
    { fault, side: "before" },
    { fault, side: "after" },
  ];
});

const isCell = ({ call, fault }: Cell): boolean => fault.late === null || changesSomething(call);

/** Every call with every fault, before and after the effect. */
export const cellsOf = (story: Story, calls: readonly RecordedCall[]): readonly Cell[] =>
  calls.flatMap((call) => columns.map((column): Cell => ({ story, call, ...column })).filter(isCell));

/** The number of calls between two faults in the same rotation. Looks at platforms are few, and each is repeated. */
const apartIn: Readonly<Record<Story, number>> = { alternate: 9, primary: 9, found: 9, platforms: 4 };

/**
 * The same cells, several per rotation: calls that are `apart`, each with a different fault, so that each fault occurs
 * in an already disturbed rotation. Every cell is in exactly one pack.
 */
export const packsOf = (story: Story, calls: readonly RecordedCall[]): readonly Pack[] =>
  columns.flatMap((_, first) =>
    calls.slice(0, apartIn[story]).map((__, start) =>
      calls
        .filter((___, index) => index % apartIn[story] === start)
        .flatMap((call, step): readonly Cell[] => {
          const column = columns[(first + step) % columns.length];
          return column === undefined ? [] : [{ story, call, ...column }];
        })
        .filter(isCell),
    ),
  );
