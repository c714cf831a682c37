import { TableClient, type TableServiceClientOptions } from "@azure/data-tables";
import type { TokenCredential } from "@azure/identity";
import { readingRetries, stopAtLongWaits } from "../sdk/pipeline";

/** Where the tables are. `allowInsecureConnection`: plain http is accepted, for an emulator on this machine. */
export type TableStorage =
  | { readonly kind: "connectionString"; readonly connectionString: string; readonly allowInsecureConnection: boolean }
  | { readonly kind: "identity"; readonly tableServiceUri: string; readonly credential: TokenCredential };

export const openTableClient = (storage: TableStorage, name: string): TableClient => {
  const options: TableServiceClientOptions = { retryOptions: readingRetries, additionalPolicies: [stopAtLongWaits] };
  return storage.kind === "identity"
    ? new TableClient(storage.tableServiceUri, name, storage.credential, options)
    : TableClient.fromConnectionString(storage.connectionString, name, {
        ...options,
        allowInsecureConnection: storage.allowInsecureConnection,
      });
};
