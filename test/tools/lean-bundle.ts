import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Plugin, PluginBuild } from "esbuild";
import { usedMappers } from "./used-mappers";

/** Modules that stand in the place of what is left out; they have no file. */
export const leftOut = "left-out";

const importsOf = (folder: string, importer: string): boolean => importer.startsWith(folder + path.sep);

/**
 * Only `IANAZone` is used. The published module is one file of classes that refer to each other; of its source files a
 * tenth is needed. They have no side effects, as the package declares; the `package.json` beside them forgets it.
 */
const luxon = (build: PluginBuild): void => {
  const folder = path.join(path.dirname(require.resolve("luxon/package.json")), "src");
  build.onResolve({ filter: /^luxon$/ }, () => ({ path: path.join(folder, "luxon.js"), sideEffects: false }));
  build.onResolve({ filter: /^\.\.?\// }, ({ path: file, importer, resolveDir }) =>
    importsOf(folder, importer) ? { path: path.join(resolveDir, file), sideEffects: false } : null,
  );
};

/** The condition `import` gives a CommonJS module, which cannot be tree-shaken. */
const tslib = (build: PluginBuild): void => {
  build.onResolve({ filter: /^tslib$/ }, ({ kind, resolveDir, importer }) =>
    build.resolve("tslib/tslib.es6.mjs", { kind, resolveDir, importer }),
  );
};

/** MSAL signs one kind of token with a certificate, for which Node has all that is needed. */
const tokens = (build: PluginBuild): void => {
  build.onResolve({ filter: /^jsonwebtoken$/ }, () => ({ path: "jsonwebtoken", namespace: leftOut }));
};

/**
 * @azure/identity opens a browser for interactive requests only: of `InteractiveBrowserCredential`, and of brokers that
 * are plugins. The app uses neither.
 */
const browser = (build: PluginBuild): void => {
  build.onResolve({ filter: /^open$/ }, () => ({ path: "open", namespace: leftOut }));
};

/** A schema can write itself as JSON schema. Only a development tool asks for that, `npm run schema`. */
const jsonSchemas = (build: PluginBuild): void => {
  build.onResolve({ filter: /\/(?:to-json-schema|json-schema-processors)\.js$/ }, ({ importer, path: file }) =>
    /\/zod\/v4\//.test(importer.replaceAll(path.sep, "/")) ? { path: path.basename(file), namespace: leftOut } : null,
  );
};

const armBatch = /\/@azure\/arm-batch\/dist-esm\/src\//;

/** Of Resource Manager's operations only those of Batch accounts are used. */
const otherOperations = (build: PluginBuild): void => {
  build.onLoad({ filter: /\/arm-batch\/dist-esm\/src\/operations\/\w+\.js$/ }, ({ path: file }) => {
    const name = path.basename(file, ".js");
    if (name === "index" || name === "batchAccountOperations") return null;
    return { contents: `export class ${name[0]?.toUpperCase()}${name.slice(1)}Impl {}` };
  });
  build.onLoad({ filter: /\/arm-batch\/dist-esm\/src\/models\/mappers\.js$/ }, async ({ path: file }) => ({
    contents: usedMappers(await readFile(file, "utf8")),
  }));
};

/** No operation that takes long is used: neither of Resource Manager nor of a vault. */
const longOperations = (build: PluginBuild): void => {
  build.onResolve({ filter: /^@azure\/core-lro$/ }, ({ importer }) =>
    armBatch.test(importer.replaceAll(path.sep, "/")) || /\/keyvault-secrets\//.test(importer.replaceAll(path.sep, "/"))
      ? { path: "core-lro", namespace: leftOut }
      : null,
  );
};

/** Of XML the tables' client reads errors of gateways, and writes settings of the service, which the app does not. */
const xml = (build: PluginBuild): void => {
  build.onResolve({ filter: /^@azure\/core-xml$/ }, () => ({ path: "core-xml", namespace: leftOut }));
};

const replacements: Readonly<Record<string, string>> = {
  jsonwebtoken: `import { constants, sign as signed } from "node:crypto";
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (payload, key, { header }) => {
  const iat = Math.floor(Date.now() / 1000);
  const text = part({ typ: "JWT", ...header }) + "." + part({ ...payload, iat });
  const options = header.alg === "PS256" ? { key, ...pss } : { key };
  return text + "." + signed("sha256", Buffer.from(text), options).toString("base64url");
};
export default { sign };`,
  "to-json-schema.js": `const none = () => () => { throw new Error("the rotator writes no JSON schema"); };
export { none as createToJSONSchemaMethod, none as createStandardJSONSchemaMethod };
export { none as extractDefs, none as finalize, none as initializeContext, none as processSchema };`,
  "json-schema-processors.js": "module.exports = {};",
  "core-lro": `const none = () => { throw new Error("the bundle of the rotator waits for no long operation"); };
export { none as createHttpPoller };
export class Poller { constructor() { none(); } }`,
  "core-xml": `const characters = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
const unescaped = (text) => text.replace(/&(lt|gt|quot|apos|amp);/g, (_whole, name) => characters[name]);
export const [XML_ATTRKEY, XML_CHARKEY] = ["$", "_"];
export const stringifyXML = () => { throw new Error("the bundle of the rotator writes no XML"); };
export const parseXML = async (text) => {
  const leaves = [...text.matchAll(/<(?:\\w+:)?(\\w+)(?:\\s[^<>]*)?>([^<]*)<\\//g)];
  if (leaves.length === 0) throw new Error("this is no XML of an error");
  return Object.fromEntries(leaves.map(([, name, value]) => [name, unescaped(value)]));
};`,
  open: `export default () => { throw new Error("the bundle of the rotator opens no browser"); };`,
};

/** Leaves out what the app never runs, so that a cold start reads less. The same sources otherwise. */
export const leanBundle: Plugin = {
  name: "lean-bundle",
  setup: (build) => {
    for (const rule of [luxon, tslib, tokens, browser, jsonSchemas, otherOperations, longOperations, xml]) rule(build);
    build.onLoad({ filter: /.*/, namespace: leftOut }, ({ path: name }) => ({ contents: replacements[name] ?? "" }));
  },
};
