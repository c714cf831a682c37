import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from "@azure/identity";

/** `clientId`: of the user-assigned identity; null for the system-assigned one. */
export const openManagedIdentity = (clientId: string | null): TokenCredential =>
  clientId === null ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });

export const openDeveloperChain = (authorityHost: string, clientId: string | null): TokenCredential =>
  new DefaultAzureCredential({
    authorityHost,
    ...(clientId === null ? {} : { managedIdentityClientId: clientId }),
  });
