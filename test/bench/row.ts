/** One measured figure. `bound`: the highest value that is good enough; null where the figure only informs. */
export interface Row {
  /** The number of the requirement, or `–`. */
  readonly item: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly bound: number | null;
  /** What the figure is compared with, or how it came about. */
  readonly note: string;
}

export interface Surroundings {
  /** All sizes and repetitions; otherwise those of the short form. */
  readonly full: boolean;
  /** Ends what is under way. */
  readonly stop: AbortSignal;
  /** Shows what is going on. */
  readonly progress: (text: string) => void;
  /** The figures so far. */
  readonly earlier: readonly Row[];
  /** A file with prices; null for the one that is there. */
  readonly prices: string | null;
}

export interface Measure {
  readonly name: string;
  readonly title: string;
  readonly run: (surroundings: Surroundings) => Promise<readonly Row[]>;
}

export const holds = ({ value, bound }: Row): boolean => bound === null || value <= bound;

type Rest = Partial<Pick<Row, "unit" | "bound" | "note">>;

export const row = (
  item: string,
  what: string,
  value: number,
  { unit = "", bound = null, note = "" }: Rest = {},
): Row => ({
  item,
  what,
  value,
  unit,
  bound,
  note,
});

export const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
