import type { CallOptions } from "../../ports/call";
import type { Ids } from "../../ports/system";
import { tableRefusal } from "../sdk/failures/refusals";
import { readFailure } from "../sdk/failures/sdk-failure";
import { malformedAnswer, type SdkCall, toServiceError } from "../sdk/failures/service-errors";
import { type ConditionalWrite, type WriteOutcome, writeConditionally } from "./conditional-write";
import { CreatingClient } from "./creating-client";
import { filterOf, quoted, type RowRange, type Where } from "./row-filter";
import type { Row, RowKey, StoredRow } from "./rows/rows";
import type { TableStorage } from "./table-clients";

/** One table. Every method throws `TransientServiceError` or `OperatorNeededError`. */
export class Table {
  readonly name: string;
  readonly #ids: Ids;
  readonly #client: CreatingClient;

  constructor(storage: TableStorage, name: string, ids: Ids) {
    this.name = name;
    this.#ids = ids;
    this.#client = new CreatingClient(storage, name);
  }

  async read({ partitionKey, rowKey }: RowKey, { signal }: CallOptions): Promise<StoredRow | null> {
    try {
      return await this.#client.run(signal, (client, abortSignal) =>
        client.getEntity<StoredRow>(partitionKey, rowKey, { abortSignal }),
      );
    } catch (error) {
      const failure = readFailure(error);
      if (failure.statusCode === 404) return null;
      throw toServiceError(failure, this.#call("get entity"));
    }
  }

  /** The rows of one partition in the order of their keys, up to `limit`: page after page, however few a page holds. */
  async list(partitionKey: string, { signal }: CallOptions, range: RowRange = {}): Promise<readonly StoredRow[]> {
    const limit = range.limit ?? Number.POSITIVE_INFINITY;
    return this.#query(filterOf(partitionKey, range), limit, signal);
  }

  /** The rows of this key in every partition. */
  listAll(rowKey: string, { signal }: CallOptions): Promise<readonly StoredRow[]> {
    return this.#query(`RowKey eq ${quoted(rowKey)}`, Number.POSITIVE_INFINITY, signal);
  }

  /**
   * The same rows one by one, and no more than a page of them in memory. Each page is a call of its own, with its own
   * time limit: hundreds of pages take longer than one call may.
   */
  async visitAll(
    rowKey: string,
    visit: (row: StoredRow) => void,
    { signal, columns, where }: CallOptions & { readonly columns?: readonly string[]; readonly where?: Where },
  ): Promise<void> {
    const filter = [`RowKey eq ${quoted(rowKey)}`, ...(where ? [`${where.column} eq ${quoted(where.value)}`] : [])];
    return this.visit(filter.join(" and "), visit, { signal, ...(columns === undefined ? {} : { columns }) });
  }

  /** The rows of one partition, in the same way. */
  visitPartition(
    partitionKey: string,
    visit: (row: StoredRow) => void,
    options: CallOptions,
    range: Omit<RowRange, "limit">,
  ): Promise<void> {
    return this.visit(filterOf(partitionKey, range), visit, options);
  }

  /** The same for any filter. */
  async visit(
    filter: string,
    visit: (row: StoredRow) => void,
    { signal, columns }: CallOptions & { readonly columns?: readonly string[] },
  ): Promise<void> {
    const queryOptions = {
      filter,
      ...(columns === undefined ? {} : { select: [...columns] }),
    };
    let token: string | undefined;
    try {
      do {
        const page = await this.#client.run(signal, (client, abortSignal) =>
          pageOf(client.listEntities<StoredRow>({ queryOptions, abortSignal }), token),
        );
        page?.forEach(visit);
        token = page?.continuationToken;
      } while (token !== undefined);
    } catch (error) {
      throw toServiceError(readFailure(error), this.#call("query entities"));
    }
  }

  /** Page after page, however few rows a page holds. */
  async #query(filter: string, limit: number, signal: AbortSignal): Promise<readonly StoredRow[]> {
    try {
      return await this.#client.run(signal, async (client, abortSignal) => {
        const rows: StoredRow[] = [];
        const pages = client
          .listEntities<StoredRow>({ queryOptions: { filter }, abortSignal })
          .byPage({ maxPageSize: Math.min(1000, limit) });
        for await (const page of pages) {
          rows.push(...page);
          if (rows.length >= limit) break;
        }
        return rows.slice(0, limit);
      });
    } catch (error) {
      throw toServiceError(readFailure(error), this.#call("query entities"));
    }
  }

  /** Inserts the row (`etag` null), or replaces it while it still has this `etag`. */
  writeConditional(row: Row, etag: string | null, options: CallOptions): Promise<WriteOutcome> {
    const writeId = this.#ids.next();
    return this.#write({ row: { ...row, writeId }, etag, isOwn: (found) => found["writeId"] === writeId }, options);
  }

  /** Inserts a row that has an `id` of its own: where it is there already, it counts as written. */
  insertOnce(row: Row & { readonly id: string }, options: CallOptions): Promise<WriteOutcome> {
    return this.#write({ row, etag: null, isOwn: (found) => found["id"] === row.id }, options);
  }

  /**
   * All rows of one partition in one request: all or none. False where one of them is there already, which may be
   * because of a first attempt whose answer was lost.
   */
  async insertAll(rows: readonly Row[], { signal }: CallOptions): Promise<boolean> {
    const call = this.#call("insert entities");
    let added = 0;
    try {
      const answer = await this.#client.run(signal, (client, abortSignal) =>
        client.submitTransaction(
          rows.map((row) => ["create", row]),
          { abortSignal },
        ),
      );
      added = answer.subResponses.filter(({ status }) => status >= 200 && status < 300).length;
    } catch (error) {
      const failure = readFailure(error);
      if (failure.statusCode === 409) return false;
      throw toServiceError(failure, call);
    }
    // A good status alone proves nothing: only the answer to each row shows that it was added.
    if (added !== rows.length) throw malformedAnswer(call.operation);
    return true;
  }

  /** A row that is gone already is as it should be. */
  async remove({ partitionKey, rowKey }: RowKey, { signal }: CallOptions): Promise<void> {
    try {
      await this.#client.run(signal, (client, abortSignal) =>
        client.deleteEntity(partitionKey, rowKey, { abortSignal }),
      );
    } catch (error) {
      const failure = readFailure(error);
      if (failure.statusCode !== 404) throw toServiceError(failure, this.#call("delete entity"));
    }
  }

  /** Removes the row while it still has this `etag`: one that has changed is left. */
  async removeUnchanged({ partitionKey, rowKey, etag }: StoredRow, { signal }: CallOptions): Promise<void> {
    try {
      await this.#client.run(signal, (client, abortSignal) =>
        client.deleteEntity(partitionKey, rowKey, { etag, abortSignal }),
      );
    } catch (error) {
      const failure = readFailure(error);
      if (failure.statusCode !== 404 && failure.statusCode !== 412)
        throw toServiceError(failure, this.#call("delete entity"));
    }
  }

  #write(write: ConditionalWrite, options: CallOptions): Promise<WriteOutcome> {
    const table = {
      client: this.#client,
      read: (row: Row, call: CallOptions) => this.read(row, call),
      callNamed: (what: string) => this.#call(what),
    };
    return writeConditionally(table, write, options);
  }

  /**
   * Every call counts as a read: what is unknown of a write is found out by reading the row, so no caller is left with
   * it.
   */
  #call(what: string): SdkCall {
    return {
      operation: `Tables ${what} in ${this.name}`,
      effect: "read",
      refusal: (failure) => tableRefusal(this.name, this.#client.url)(failure),
    };
  }
}

/** The page at this token, or the first. */
const pageOf = async <P>(
  rows: { byPage(settings: { maxPageSize: number; continuationToken?: string }): AsyncIterableIterator<P> },
  token: string | undefined,
): Promise<P | undefined> => {
  const settings = { maxPageSize: 1000, ...(token === undefined ? {} : { continuationToken: token }) };
  const found = await rows.byPage(settings).next();
  return found.done === true ? undefined : found.value;
};

export interface Tables {
  readonly rotations: Table;
  readonly history: Table;
  readonly signals: Table;
}

export const openTables = (storage: TableStorage, prefix: string, ids: Ids): Tables => ({
  rotations: new Table(storage, `${prefix}Rotations`, ids),
  history: new Table(storage, `${prefix}History`, ids),
  signals: new Table(storage, `${prefix}Signals`, ids),
});
