import type { HistoryResult } from "./run-history";

export interface Broken {
  readonly seed: number;
  readonly invariant: string;
  readonly text: string;
}

/** The totals of many histories. */
export interface Tally {
  runs: number;
  effects: number;
  calls: number;
  rotations: number;
  signals: number;
  crashes: number;
  removed: number;
  announced: number;
  faults: Record<string, number>;
  conditions: Record<string, number>;
  broken: Broken[];
}

export const emptyTally = (): Tally => ({
  runs: 0,
  effects: 0,
  calls: 0,
  rotations: 0,
  signals: 0,
  crashes: 0,
  removed: 0,
  announced: 0,
  faults: {},
  conditions: {},
  broken: [],
});

export const count = (tally: Tally, result: HistoryResult): void => {
  const { seed, violation, faults, conditions, ...counted } = result;
  add(tally, { ...emptyTally(), ...counted, runs: 1, faults: { ...faults }, conditions: { ...conditions } });
  if (violation !== null) tally.broken.push({ seed, ...violation });
};

export const add = (tally: Tally, more: Omit<Tally, "broken"> & { readonly broken: readonly Broken[] }): void => {
  for (const name of ["runs", "effects", "calls", "rotations", "signals", "crashes", "removed", "announced"] as const)
    tally[name] += more[name];
  for (const what of ["faults", "conditions"] as const) {
    for (const [kind, times] of Object.entries(more[what])) tally[what][kind] = (tally[what][kind] ?? 0) + times;
  }
  tally.broken.push(...more.broken);
};
