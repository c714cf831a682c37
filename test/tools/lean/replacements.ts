/** Modules that stand in the place of what is left out; they have no file. */
export const leftOut = "left-out";

/** Their texts, by the name of what is left out. */
export const replacements: Readonly<Record<string, string>> = {
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
  debug: "export default () => () => undefined;",
  open: `export default () => { throw new Error("the bundle of the rotator opens no browser"); };`,
};
