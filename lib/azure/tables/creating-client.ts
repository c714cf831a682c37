import { TableClient, type TableServiceClientOptions } from "@azure/data-tables";
import type { TokenCredential } from "@azure/identity";
import { minutes } from "../../rotation/time/units";
import { readingRetries, stopAtLongWaits, waitFor, withDeadline } from "../sdk/pipeline";
import { readFailure } from "../sdk/sdk-failure";

/** Where the tables are. `allowInsecureConnection`: plain http is accepted, for an emulator on this machine. */
export type TableStorage =
  | { readonly kind: "connectionString"; readonly connectionString: string; readonly allowInsecureConnection: boolean }
  | { readonly kind: "identity"; readonly tableServiceUri: string; readonly credential: TokenCredential };

const maxCallMs = minutes(1);

const openClient = (storage: TableStorage, name: string): TableClient => {
  const options: TableServiceClientOptions = { retryOptions: readingRetries, additionalPolicies: [stopAtLongWaits] };
  return storage.kind === "identity"
    ? new TableClient(storage.tableServiceUri, name, storage.credential, options)
    : TableClient.fromConnectionString(storage.connectionString, name, {
        ...options,
        allowInsecureConnection: storage.allowInsecureConnection,
      });
};

/** The client of one table, which is created when it is found absent. */
export class CreatingClient {
  readonly #client: TableClient;
  #creating: Promise<void> | null = null;
  #created = 0;

  constructor(storage: TableStorage, name: string) {
    this.#client = openClient(storage, name);
  }

  get url(): string {
    return this.#client.url;
  }

  /** Runs one call; where the table is absent, creates it and runs the call once more. */
  async run<T>(signal: AbortSignal, send: (client: TableClient, abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    const abortSignal = withDeadline(signal, maxCallMs);
    const created = this.#created;
    try {
      return await send(this.#client, abortSignal);
    } catch (error) {
      if (readFailure(error).code !== "TableNotFound") throw error;
      // Unless it was created while the call was on its way.
      if (created === this.#created) await this.#create(abortSignal);
      return send(this.#client, abortSignal);
    }
  }

  /** One attempt for all callers that find the table absent at the same time; not tied to the signal of any of them. */
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
}
