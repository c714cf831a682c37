/** Where the rotation tables are, and how to get in. */
export type StorageSettings =
  | { readonly kind: "connectionString"; readonly connectionString: string }
  | {
      readonly kind: "identity";
      /** No trailing slash. */
      readonly tableServiceUri: string;
      /** Of the user-assigned identity to use; null for the system-assigned one. */
      readonly clientId: string | null;
    };
