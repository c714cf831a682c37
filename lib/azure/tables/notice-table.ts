import * as z from "zod";
import type { CallOptions, Ids, Notices, StoredNotice } from "../../ports";
import { firstNotice, type Notice } from "../../rotation/events/notice";
import { joinColumns, toAsciiJson, toColumns } from "./json-columns";
import { noticeSchema } from "./record-schema";
import type { RowKey, StoredRow, Table } from "./tables";

/** Names of accounts are in lower case, so none is one of these. */
const partitionKey = "Notices";
const ofRotator = "Rotator";

const noticeKey = (account: string | null): RowKey => ({ partitionKey, rowKey: account ?? ofRotator });

const readJson = (row: StoredRow): unknown => {
  try {
    return JSON.parse(joinColumns("notice", row));
  } catch {
    return null;
  }
};

const toStored = (row: StoredRow): StoredNotice => {
  const account = row.rowKey === ofRotator ? null : row.rowKey;
  const parsed = z.safeParse(noticeSchema, readJson(row));
  const whole = parsed.success && parsed.data.account === account;
  return { notice: whole ? parsed.data : firstNotice(account), etag: row.etag };
};

/** Notices: rows in a partition of their own beside the rotation records, so that one query reads them all. */
export class NoticeTable implements Notices {
  readonly #table: Table;
  readonly #ids: Ids;

  constructor(rotations: Table, ids: Ids) {
    this.#table = rotations;
    this.#ids = ids;
  }

  async list(options: CallOptions): Promise<readonly StoredNotice[]> {
    return (await this.#table.list(partitionKey, options)).map(toStored);
  }

  async write(notice: Notice, etag: string | null, options: CallOptions): Promise<StoredNotice | null> {
    const key = noticeKey(notice.account);
    const writeId = this.#ids.next();
    const row = { ...key, writeId, ...toColumns("notice", toAsciiJson(notice)) };
    const outcome =
      etag === null ? await this.#table.insert(row, options) : await this.#table.replace(row, etag, options);
    if (outcome.kind === "done") return { notice, etag: outcome.etag };
    const found = await this.#table.read(key, options);
    // Applied after all: its answer was lost, and the SDK's repeat was refused on account of it.
    if (found?.["writeId"] === writeId) return { notice, etag: found.etag };
    if (!outcome.refused) throw outcome.error;
    return null;
  }
}
