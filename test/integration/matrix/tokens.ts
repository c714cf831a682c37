import type { TokenCredential } from "@azure/identity";
import { ManagedIdentityApplication } from "@azure/msal-node";
import { createCredential } from "../../../lib/azure/credential";

/**
 * The credential of a process that has no token yet. MSAL keeps tokens for the whole process, in a member that it calls private:
 * taking it away is the only way to have them asked for again without a new process.
 */
export const newCredential = (env: Readonly<Record<string, string>>): TokenCredential => {
  Reflect.set(ManagedIdentityApplication, "nodeStorage", undefined);
  return createCredential({ env, clientId: null, authorityHost: "https://login.microsoftonline.com" });
};
