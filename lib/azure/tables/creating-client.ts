import type { TableClient } from "@azure/data-tables";
import { minutes } from "../../rotation/time/units";
import { loadOnce } from "../sdk/load-once";
import { waitFor, withDeadline } from "../sdk/pipeline";
import { readFailure } from "../sdk/failures/sdk-failure";
import type { TableStorage } from "./table-clients";

const maxCallMs = minutes(1);

/** The client of one table, which is created when it is found absent. */
export class CreatingClient {
  readonly #client: () => Promise<TableClient>;
  #url = "";
  #creating: Promise<void> | null = null;
  #created = 0;

  constructor(storage: TableStorage, name: string) {
    this.#client = loadOnce(async () => {
      const { openTableClient } = await import("./table-clients");
      const client = openTableClient(storage, name);
      this.#url = client.url;
      return client;
    });
  }

  /** Empty before the first call. */
  get url(): string {
    return this.#url;
  }

  /** Runs one call; where the table is absent, creates it and runs the call once more. */
  async run<T>(signal: AbortSignal, send: (client: TableClient, abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    const abortSignal = withDeadline(signal, maxCallMs);
    const created = this.#created;
    const client = await this.#client();
    try {
      return await send(client, abortSignal);
    } catch (error) {
      if (readFailure(error).code !== "TableNotFound") throw error;
      // Unless it was created while the call was on its way.
      if (created === this.#created) await this.#create(abortSignal);
      return send(client, abortSignal);
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
    const client = await this.#client();
    await client.createTable({ abortSignal: AbortSignal.timeout(maxCallMs) });
    this.#created += 1;
  }
}
