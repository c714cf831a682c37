import type { TokenCredential } from "@azure/identity";
import { ManagedIdentityApplication } from "@azure/msal-node";
import { createCredential } from "../../../lib/azure/sdk/credential";

interface Clearable {
  clear(): void;
}

const isClearable = (value: unknown): value is Clearable =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, "clear") === "function";

/**
 * The credential of a process that has no token yet. MSAL keeps tokens for the whole process, in a member that it calls private:
 * clearing it is the only way to have them asked for again without a new process.
 */
export const newCredential = (env: Readonly<Record<string, string>>): TokenCredential => {
  const stored: unknown = Reflect.get(ManagedIdentityApplication, "nodeStorage");
  if (isClearable(stored)) stored.clear();
  return createCredential({ env, clientId: null, authorityHost: "https://login.microsoftonline.com" });
};
