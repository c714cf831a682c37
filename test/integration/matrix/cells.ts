import { callName, type RecordedCall } from "./calls";
import { beyondTheList, changesSomething, lateOnes, type MatrixFault, oneSided, type Side } from "./fault-kinds";
import type { SettleOn } from "./subject";

/** One call, spoilt in one way. */
export interface Cell {
  readonly settleOn: SettleOn;
  readonly call: RecordedCall;
  readonly fault: MatrixFault;
  readonly side: Side;
}

/** `complete`: every cell. `representative`: every call with every fault of the list, on one side of applying. */
export type Extent = "complete" | "representative";

export const cellName = ({ settleOn, call, fault, side }: Cell): string =>
  `${callName(call)}, ${fault.name}${fault.late === null ? `, ${side} applying` : ""}${settleOn === "primary" ? ", settling on the primary" : ""}`;

const sides = ["before", "after"] as const;

const completeOf = (settleOn: SettleOn, call: RecordedCall): readonly Cell[] => [
  ...[...oneSided, ...beyondTheList]
    .flatMap((fault) => (fault.times === "lasting" ? [] : sides.map((side) => ({ fault, side }))))
    .map((one) => ({ settleOn, call, ...one })),
  ...beyondTheList
    .filter(({ times }) => times === "lasting")
    .map((fault): Cell => ({ settleOn, call, fault, side: "before" })),
  ...(changesSomething(call) ? lateOnes : []).map((fault): Cell => ({ settleOn, call, fault, side: "after" })),
];

/** Which side, which late one and which one beyond the list goes by the number of the call, so that neighbours differ. */
const representativeOf = (settleOn: SettleOn, call: RecordedCall, number: number): readonly Cell[] => {
  const pick = (faults: readonly MatrixFault[]): readonly MatrixFault[] =>
    faults.filter((_, index) => index === number % faults.length);
  return [
    ...oneSided.map((fault, index): Cell => ({ settleOn, call, fault, side: sides[(number + index) % 2] ?? "after" })),
    ...pick(beyondTheList).map((fault): Cell => ({ settleOn, call, fault, side: "before" })),
    ...(changesSomething(call) ? pick(lateOnes) : []).map((fault): Cell => ({ settleOn, call, fault, side: "after" })),
  ];
};

export const cellsOf = (extent: Extent, settleOn: SettleOn, calls: readonly RecordedCall[]): readonly Cell[] =>
  calls.flatMap((call, number) =>
    extent === "complete" ? completeOf(settleOn, call) : representativeOf(settleOn, call, number),
  );
