import path from "node:path";
import type { PluginBuild } from "esbuild";
import { inAzure } from "./in-azure";
import { leftOut } from "./replacements";

/** MSAL signs one kind of token with a certificate, for which Node has all that is needed. */
export const tokens = (build: PluginBuild): void => {
  build.onResolve({ filter: /^jsonwebtoken$/ }, () => ({ path: "jsonwebtoken", namespace: leftOut }));
};

/**
 * @azure/identity opens a browser for interactive requests only: of `InteractiveBrowserCredential`, and of brokers that
 * are plugins. The app uses neither.
 */
export const browser = (build: PluginBuild): void => {
  build.onResolve({ filter: /^open$/ }, () => ({ path: "open", namespace: leftOut }));
};

/** A schema can write itself as JSON schema. Only a development tool asks for that, `npm run schema`. */
export const jsonSchemas = (build: PluginBuild): void => {
  build.onResolve({ filter: /\/(?:to-json-schema|json-schema-processors)\.js$/ }, ({ importer, path: file }) =>
    /\/zod\/v4\//.test(importer.replaceAll(path.sep, "/")) ? { path: path.basename(file), namespace: leftOut } : null,
  );
};

/** No operation that takes long is used: neither of Resource Manager nor of a vault. */
export const longOperations = (build: PluginBuild): void => {
  build.onResolve({ filter: /^@azure\/core-lro$/ }, ({ importer }) =>
    /^(?:arm-batch|keyvault-secrets)\//.test(inAzure(importer)) ? { path: "core-lro", namespace: leftOut } : null,
  );
};

/** Of XML the tables' client reads errors of gateways, and writes settings of the service, which the app does not. */
export const xml = (build: PluginBuild): void => {
  build.onResolve({ filter: /^@azure\/core-xml$/ }, () => ({ path: "core-xml", namespace: leftOut }));
};

/**
 * Of the chain, two need a plugin that the app does not have, and one signs in as a user without a second factor, which
 * Resource Manager does not accept. The chain says of the first two that they are unavailable, as without the plugin.
 */
export const userCredentials = (build: PluginBuild): void => {
  const file = /\/identity\/dist\/esm\/credentials\/(?:broker|usernamePassword|visualStudioCode)Credential\.js$/;
  build.onLoad({ filter: file }, ({ path: found }) => {
    const name = path.basename(found, ".js");
    return { contents: userCredential(`${name[0]?.toUpperCase()}${name.slice(1)}`), resolveDir: path.dirname(found) };
  });
};

const userCredential = (name: string): string => `import { CredentialUnavailableError } from "../errors.js";
export class ${name} {
  getToken() { return Promise.reject(new CredentialUnavailableError("${name} is no part of the rotator.")); }
}`;

/** The agents for proxies can log for their developers, the address with its password too. */
export const proxyLogs = (build: PluginBuild): void => {
  build.onResolve({ filter: /^debug$/ }, ({ importer }) =>
    /\/https?-proxy-agent\//.test(importer.replaceAll(path.sep, "/")) ? { path: "debug", namespace: leftOut } : null,
  );
};
