import type { GetTokenOptions, TokenCredential } from "@azure/identity";
import { loadOnce } from "./load-once";
import { waitFor } from "./pipeline";
import { notSent, PipelineStop } from "./failures/sdk-failure";
import { seconds } from "../../rotation/time/units";

interface CredentialOptions {
  /** The process's environment: whether `IDENTITY_ENDPOINT` is set is read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the user-assigned identity to use; null for the system-assigned one. */
  readonly clientId: string | null;
  /** Base URL of the cloud's sign-in service, e.g. `https://login.microsoftonline.com`. */
  readonly authorityHost: string;
}

/**
 * Managed identity where the platform offers one: it is faster and fails more clearly than the chain of
 * `DefaultAzureCredential`, which is for a developer's machine. A managed identity asks its own endpoint, so the
 * authority matters to the chain only. MSAL keeps the identity endpoint and its tokens per process: another endpoint
 * needs another process.
 */
export const createCredential = (options: CredentialOptions): TokenCredential =>
  limited(loadOnce(() => openCredential(options)));

/** The SDK's credential, which its own code is loaded for. */
export const openCredential = async ({ env, clientId, authorityHost }: CredentialOptions): Promise<TokenCredential> => {
  if (!env["IDENTITY_ENDPOINT"] && isInAzureWithoutIdentity(env)) return noIdentity;
  const { openDeveloperChain, openManagedIdentity } = await import("./identity-clients");
  return env["IDENTITY_ENDPOINT"] ? openManagedIdentity(clientId) : openDeveloperChain(authorityHost, clientId);
};

/** An app in Azure has an identity endpoint exactly where it has an identity; another way in needs these settings. */
const isInAzureWithoutIdentity = (env: CredentialOptions["env"]): boolean =>
  Boolean(env["WEBSITE_SITE_NAME"]) &&
  !["MSI_ENDPOINT", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE"].some(
    (name) => env[name],
  );

const noIdentity: TokenCredential = {
  getToken: async () => {
    throw new PipelineStop(notSent("NoManagedIdentity"));
  },
};

const maxTokenMs = seconds(30);

/**
 * MSAL passes no signal on and sets no time limit: an identity endpoint that accepts a connection and then says nothing
 * would hold up the call, its driver and the whole tick without end, whatever the call's own signal says.
 */
const limited = (open: () => Promise<TokenCredential>): TokenCredential => ({
  getToken: (scopes: string | string[], options: GetTokenOptions = {}) => {
    const longest = AbortSignal.timeout(maxTokenMs);
    const { abortSignal } = options;
    const signal = abortSignal instanceof AbortSignal ? AbortSignal.any([abortSignal, longest]) : longest;
    return waitFor(
      open().then((credential) => credential.getToken(scopes, options)),
      signal,
    );
  },
});
