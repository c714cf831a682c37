/** Which rows of a partition. */
export interface RowRange {
  /** Above this key. */
  readonly afterRowKey?: string;
  /** From this key on. */
  readonly fromRowKey?: string;
  /** Below this key. */
  readonly belowRowKey?: string;
  /** With one of these texts in this column, or below this key. */
  readonly anyOf?: { readonly column: string; readonly values: readonly string[]; readonly orBelowRowKey?: string };
  readonly limit?: number;
}

/** Rows that have this text in this column. */
export interface Where {
  readonly column: string;
  readonly value: string;
}

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** OData: the rows of one partition, within the range. */
export const filterOf = (partitionKey: string, { afterRowKey, fromRowKey, belowRowKey, anyOf }: RowRange): string =>
  [
    `PartitionKey eq ${quoted(partitionKey)}`,
    ...(afterRowKey === undefined ? [] : [`RowKey gt ${quoted(afterRowKey)}`]),
    ...(fromRowKey === undefined ? [] : [`RowKey ge ${quoted(fromRowKey)}`]),
    ...(belowRowKey === undefined ? [] : [`RowKey lt ${quoted(belowRowKey)}`]),
    ...(anyOf === undefined ? [] : [`(${alternativesOf(anyOf).join(" or ")})`]),
  ].join(" and ");

const alternativesOf = ({ column, values, orBelowRowKey }: NonNullable<RowRange["anyOf"]>): readonly string[] => [
  ...values.map((value) => `${column} eq ${quoted(value)}`),
  ...(orBelowRowKey === undefined ? [] : [`RowKey lt ${quoted(orBelowRowKey)}`]),
];
