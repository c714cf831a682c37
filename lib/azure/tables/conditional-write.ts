import type { TableClient } from "@azure/data-tables";
import type { CallOptions } from "../../ports/call";
import { readFailure } from "../sdk/failures/sdk-failure";
import { malformedAnswer, type SdkCall, type ServiceError, toServiceError } from "../sdk/failures/service-errors";
import type { CreatingClient } from "./creating-client";
import type { Row, StoredRow } from "./rows/rows";

export type WriteOutcome =
  | { readonly kind: "written"; readonly etag: string }
  /** Another writer was first: the row that it left, null where it deleted the row. */
  | { readonly kind: "conflict"; readonly found: StoredRow | null };

/** One row to be written: inserted (`etag` null), or replaced while it still has this `etag`. */
export interface ConditionalWrite {
  readonly row: Row;
  readonly etag: string | null;
  /** Whether this is the row that the write was to leave. */
  readonly isOwn: (found: StoredRow) => boolean;
}

interface WrittenTable {
  readonly client: CreatingClient;
  readonly read: (row: Row, options: CallOptions) => Promise<StoredRow | null>;
  /** How a failed call of this name is reported. */
  readonly callNamed: (what: string) => SdkCall;
}

/**
 * Every failure is checked by reading the row. A write that was applied but whose answer was lost is repeated by the
 * SDK, and the result of the repeat (409 or 412 because of the first attempt, a refused connection) says nothing
 * about the first attempt.
 */
export const writeConditionally = async (
  table: WrittenTable,
  { row, etag, isOwn }: ConditionalWrite,
  options: CallOptions,
): Promise<WriteOutcome> => {
  const sent = await send(table, row, etag, options);
  if (sent.kind === "written") return sent;
  const found = await table.read(row, options).catch(() => {
    throw sent.error;
  });
  if (found !== null && isOwn(found)) return { kind: "written", etag: found.etag };
  // The row is unchanged: the write was never sent, or may still be on its way.
  if ((found?.etag ?? null) === etag) throw sent.error;
  return { kind: "conflict", found };
};

type Sent = Extract<WriteOutcome, { kind: "written" }> | { readonly kind: "failed"; readonly error: ServiceError };

const send = async (
  { client, callNamed }: WrittenTable,
  row: Row,
  etag: string | null,
  { signal }: CallOptions,
): Promise<Sent> => {
  const call = callNamed(etag === null ? "insert entity" : "update entity");
  try {
    const answer = await client.run(signal, (opened, abortSignal) => write(opened, row, etag, abortSignal));
    if (answer.etag !== undefined) return { kind: "written", etag: answer.etag };
    return { kind: "failed", error: malformedAnswer(call.operation) };
  } catch (error) {
    return { kind: "failed", error: toServiceError(readFailure(error), call) };
  }
};

/** With the etag, always: the SDK's default is to replace unconditionally. */
const write = (client: TableClient, row: Row, etag: string | null, abortSignal: AbortSignal) =>
  etag === null
    ? client.createEntity(row, { abortSignal })
    : client.updateEntity(row, "Replace", { etag, abortSignal });
