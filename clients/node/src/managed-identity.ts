import { machine, minute, second, send } from "./internals";
import type { Internals, TokenSource } from "./types";

/** The managed identity of App Service, Functions or Container Apps, or otherwise of the virtual machine. */
export const managedIdentity = (internals: Internals = machine, env: NodeJS.ProcessEnv = process.env): TokenSource => {
  let kept: { readonly token: string; readonly until: number } | null = null;
  return {
    getToken: async (scope) => {
      if (kept !== null && internals.now() < kept.until) return kept;
      const { url, headers } = tokenRequest(scope.replace(/\/\.default$/, ""), env);
      const { status, text } = await send(internals, url, { headers }, 10 * second);
      const { access_token: token, expires_on: expiresOn }: { access_token?: string; expires_on?: string | number } =
        status === 200 ? JSON.parse(text) : {};
      if (token === undefined) throw new Error(`no token of the managed identity: ${status}`);
      kept = { token, until: Number(expiresOn) * second - 5 * minute };
      return kept;
    },
  };
};

const tokenRequest = (resource: string, env: NodeJS.ProcessEnv) => {
  const client = env["AZURE_CLIENT_ID"];
  const query = `resource=${encodeURIComponent(resource)}${client ? `&client_id=${encodeURIComponent(client)}` : ""}`;
  const endpoint = env["IDENTITY_ENDPOINT"];
  const host = env["AZURE_POD_IDENTITY_AUTHORITY_HOST"] ?? "http://169.254.169.254";
  return endpoint
    ? {
        url: `${endpoint}?api-version=2019-08-01&${query}`,
        headers: { "x-identity-header": env["IDENTITY_HEADER"] ?? "" } as Record<string, string>,
      }
    : {
        url: `${host}/metadata/identity/oauth2/token?api-version=2018-02-01&${query}`,
        headers: { metadata: "true" } as Record<string, string>,
      };
};
