import type { TokenCredential } from "@azure/identity";
import { ManagedIdentityApplication } from "@azure/msal-node";
import { createCredential } from "../../../lib/azure/sdk/credential";

interface Clearable {
  clear(): void;
}

const isClearable = (value: unknown): value is Clearable =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, "clear") === "function";

/**
 * The credential of a process without tokens. MSAL caches tokens for the whole process in a private member: clearing it
 * is the only way to have them requested again without a new process.
 */
export const newCredential = (env: Readonly<Record<string, string>>): TokenCredential => {
  const stored: unknown = Reflect.get(ManagedIdentityApplication, "nodeStorage");
  if (isClearable(stored)) stored.clear();
  return createCredential({ env, clientId: null, authorityHost: "https://login.microsoftonline.com" });
};
