import * as z from "zod";
import type { CallOptions } from "../../ports/call";
import type { Notices, StoredNotice } from "../../ports/notices";
import { firstNotice, type Notice } from "../../rotation/events/notice";
import { jsonIn, toAsciiJson, toColumns } from "./rows/json-columns";
import { noticeSchema } from "./rows/record-schema";
import type { RowKey, StoredRow } from "./rows/rows";
import type { Table } from "./tables";

/** Names of accounts are in lower case, so none is one of these. */
const partitionKey = "Notices";
const ofRotator = "Rotator";

const noticeKey = (account: string | null): RowKey => ({ partitionKey, rowKey: account ?? ofRotator });

const toStored = (row: StoredRow): StoredNotice => {
  const account = row.rowKey === ofRotator ? null : row.rowKey;
  const parsed = z.safeParse(noticeSchema, jsonIn("notice", row));
  const whole = parsed.success && parsed.data.account === account;
  return { notice: whole ? parsed.data : firstNotice(account), etag: row.etag };
};

/** Notices: rows in a partition of their own beside the rotation records, so that one query reads them all. */
export class NoticeTable implements Notices {
  readonly #table: Table;

  constructor(rotations: Table) {
    this.#table = rotations;
  }

  async list(options: CallOptions): Promise<readonly StoredNotice[]> {
    return (await this.#table.list(partitionKey, options)).map(toStored);
  }

  async write(notice: Notice, etag: string | null, options: CallOptions): Promise<StoredNotice | null> {
    const row = { ...noticeKey(notice.account), ...toColumns("notice", toAsciiJson(notice)) };
    const outcome = await this.#table.writeConditional(row, etag, options);
    return outcome.kind === "written" ? { notice, etag: outcome.etag } : null;
  }
}
