import * as z from "zod";
import type { CallOptions } from "../../ports/call";
import { noTickNotes, type StoredTickNotes, type TickNotes, type Ticks } from "../../ports/ticks";
import { jsonIn, toAsciiJson, toColumns } from "./rows/json-columns";
import { instant } from "./rows/record-schema";
import type { StoredRow } from "./rows/rows";
import type { Table } from "./tables";

/** Names of accounts are in lower case, so none is this one. */
const key = { partitionKey: "Ticks", rowKey: "notes" } as const;

const notesSchema = z.object({
  allLookedAt: instant.nullable(),
  handedOver: z.object({ at: instant, taken: z.boolean() }).nullable(),
  untakenAlarmAt: instant.nullable(),
});

const toStored = (row: StoredRow): StoredTickNotes => {
  const parsed = notesSchema.safeParse(jsonIn("notes", row));
  return { notes: parsed.success ? parsed.data : noTickNotes, etag: row.etag };
};

/** What ticks leave for the next one: one row beside the rotation records. */
export class TickNotesTable implements Ticks {
  readonly #table: Table;

  constructor(rotations: Table) {
    this.#table = rotations;
  }

  async read(options: CallOptions): Promise<StoredTickNotes | null> {
    const row = await this.#table.read(key, options);
    return row === null ? null : toStored(row);
  }

  async write(notes: TickNotes, etag: string | null, options: CallOptions): Promise<StoredTickNotes | null> {
    const row = { ...key, ...toColumns("notes", toAsciiJson(notes)) };
    const outcome = await this.#table.writeConditional(row, etag, options);
    return outcome.kind === "written" ? { notes, etag: outcome.etag } : null;
  }
}
