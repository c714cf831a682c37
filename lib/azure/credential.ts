import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from "@azure/identity";

export interface CredentialOptions {
  /** The process's environment: whether `IDENTITY_ENDPOINT` is set is read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the user-assigned identity to use; null for the system-assigned one. */
  readonly clientId: string | null;
  /** Base URL of the cloud's sign-in service, e.g. `https://login.microsoftonline.com`. */
  readonly authorityHost: string;
}

/**
 * Managed identity where the platform offers one: it is faster and fails more clearly than the chain of `DefaultAzureCredential`,
 * which is for a developer's machine. A managed identity asks its own endpoint, so the authority matters to the chain only.
 * MSAL keeps the identity endpoint and its tokens per process: another endpoint needs another process.
 */
export const createCredential = ({ env, clientId, authorityHost }: CredentialOptions): TokenCredential => {
  if (env["IDENTITY_ENDPOINT"]) {
    return clientId === null ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
  }
  return new DefaultAzureCredential({
    authorityHost,
    ...(clientId === null ? {} : { managedIdentityClientId: clientId }),
  });
};
