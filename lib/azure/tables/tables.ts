import { TableClient, type TableServiceClientOptions } from "@azure/data-tables";
import type { TokenCredential } from "@azure/identity";
import type { CallOptions } from "../../ports";
import { readingRetries, stopAtLongWaits, waitFor, withDeadline } from "../sdk/pipeline";
import { tableRefusal } from "../sdk/refusals";
import { malformedAnswer, type SdkCall, type ServiceError, toServiceError } from "../sdk/service-errors";
import { readFailure } from "../sdk/sdk-failure";
import { seconds } from "../../rotation/time/units";

/** Where the tables are. `allowInsecureConnection`: plain http is accepted, for an emulator on this machine. */
export type TableStorage =
  | { readonly kind: "connectionString"; readonly connectionString: string; readonly allowInsecureConnection: boolean }
  | { readonly kind: "identity"; readonly tableServiceUri: string; readonly credential: TokenCredential };

export interface RowKey {
  readonly partitionKey: string;
  readonly rowKey: string;
}

/** A row as it is written: texts, truth values and whole numbers below 2^31 only, which keep their type on the way. */
export type Row = RowKey & Readonly<Record<string, string | number | boolean>>;

/** A row as it is read; what its columns hold is for the reader to check. */
export interface StoredRow extends RowKey {
  readonly etag: string;
  readonly timestamp?: string;
  readonly [column: string]: unknown;
}

/**
 * Every failure needs a look at the row: a write that was applied but whose answer was lost is repeated by the SDK, and what ends
 * it then (409 or 412 on account of itself, a refused connection) says nothing of the first try. `refused`: the service said
 * 404, 409 or 412, so a row that is not one's own is somebody else's.
 */
export type WriteOutcome =
  | { readonly kind: "done"; readonly etag: string }
  | { readonly kind: "failed"; readonly refused: boolean; readonly error: ServiceError };

const maxCallMs = seconds(60);

const openClient = (storage: TableStorage, name: string): TableClient => {
  const options: TableServiceClientOptions = { retryOptions: readingRetries, additionalPolicies: [stopAtLongWaits] };
  return storage.kind === "identity"
    ? new TableClient(storage.tableServiceUri, name, storage.credential, options)
    : TableClient.fromConnectionString(storage.connectionString, name, {
        ...options,
        allowInsecureConnection: storage.allowInsecureConnection,
      });
};

/** One table, created when it is found absent. Every method throws `TransientServiceError` or `OperatorNeededError`. */
export class Table {
  readonly name: string;
  readonly #client: TableClient;
  #creating: Promise<void> | null = null;
  #created = 0;

  constructor(storage: TableStorage, name: string) {
    this.name = name;
    this.#client = openClient(storage, name);
  }

  async read({ partitionKey, rowKey }: RowKey, { signal }: CallOptions): Promise<StoredRow | null> {
    try {
      return await this.#run(signal, (abortSignal) =>
        this.#client.getEntity<StoredRow>(partitionKey, rowKey, { abortSignal }),
      );
    } catch (error) {
      const failure = readFailure(error);
      if (failure.statusCode === 404) return null;
      throw toServiceError(failure, this.#call("get entity"));
    }
  }

  /** All rows of one partition in the order of their keys, up to `limit`; from after `afterRowKey` on, where that is given. */
  async list(
    partitionKey: string,
    { signal }: CallOptions,
    range: { readonly afterRowKey?: string; readonly limit?: number } = {},
  ): Promise<readonly StoredRow[]> {
    const limit = range.limit ?? Number.POSITIVE_INFINITY;
    const after = range.afterRowKey === undefined ? "" : ` and RowKey gt '${range.afterRowKey.replaceAll("'", "''")}'`;
    const filter = `PartitionKey eq '${partitionKey.replaceAll("'", "''")}'${after}`;
    try {
      return await this.#run(signal, async (abortSignal) => {
        const rows: StoredRow[] = [];
        const pages = this.#client
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

  insert(row: Row, { signal }: CallOptions): Promise<WriteOutcome> {
    return this.#write("insert entity", signal, (abortSignal) => this.#client.createEntity(row, { abortSignal }));
  }

  /** Replaces the row only while it still has this `etag`: the SDK's default is to replace it unconditionally. */
  replace(row: Row, etag: string, { signal }: CallOptions): Promise<WriteOutcome> {
    return this.#write("update entity", signal, (abortSignal) =>
      this.#client.updateEntity(row, "Replace", { etag, abortSignal }),
    );
  }

  /** A row that is gone already is as it should be. */
  async remove({ partitionKey, rowKey }: RowKey, { signal }: CallOptions): Promise<void> {
    try {
      await this.#run(signal, (abortSignal) => this.#client.deleteEntity(partitionKey, rowKey, { abortSignal }));
    } catch (error) {
      const failure = readFailure(error);
      if (failure.statusCode !== 404) throw toServiceError(failure, this.#call("delete entity"));
    }
  }

  async #write(
    what: string,
    signal: AbortSignal,
    send: (abortSignal: AbortSignal) => Promise<{ etag?: string }>,
  ): Promise<WriteOutcome> {
    try {
      const { etag } = await this.#run(signal, send);
      if (etag !== undefined) return { kind: "done", etag };
      return { kind: "failed", refused: false, error: malformedAnswer(this.#call(what).operation) };
    } catch (error) {
      const failure = readFailure(error);
      const refused = failure.statusCode !== null && [404, 409, 412].includes(failure.statusCode);
      return { kind: "failed", refused, error: toServiceError(failure, this.#call(what)) };
    }
  }

  /** Runs one call; where the table is absent, creates it and runs the call once more. */
  async #run<T>(signal: AbortSignal, send: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    const abortSignal = withDeadline(signal, maxCallMs);
    const created = this.#created;
    try {
      return await send(abortSignal);
    } catch (error) {
      if (readFailure(error).code !== "TableNotFound") throw error;
      // Unless it was created while the call was on its way.
      if (created === this.#created) await this.#create(abortSignal);
      return send(abortSignal);
    }
  }

  /** One attempt for all who find the table absent at the same time; not tied to the signal of any of them. */
  #create(signal: AbortSignal): Promise<void> {
    this.#creating ??= this.#createOnce().finally(() => {
      this.#creating = null;
    });
    return waitFor(this.#creating, signal);
  }

  async #createOnce(): Promise<void> {
    await this.#client.createTable({ abortSignal: AbortSignal.timeout(maxCallMs) });
    this.#created += 1;
  }

  /** Every call counts as a read: what is unknown of a write is found out by reading the row, so no caller is left with it. */
  #call(what: string): SdkCall {
    return {
      operation: `Tables ${what} in ${this.name}`,
      effect: "read",
      refusal: tableRefusal(this.name, this.#client.url),
    };
  }
}

export interface Tables {
  readonly rotations: Table;
  readonly history: Table;
  readonly signals: Table;
}

export const openTables = (storage: TableStorage, prefix: string): Tables => ({
  rotations: new Table(storage, `${prefix}Rotations`),
  history: new Table(storage, `${prefix}History`),
  signals: new Table(storage, `${prefix}Signals`),
});
