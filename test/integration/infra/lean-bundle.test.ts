import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseXML } from "@azure/core-xml";
import { nextOpening } from "../../../lib/rotation/time/window";
import { buildBundle } from "../../tools/build";
import { leftOutMembers } from "../../tools/lean/left-out-members";
import { uncalledIn, withMarkedMethods, withoutListed } from "../../tools/lean/members";
import { projectRoot } from "../../unit/infra/bicep";

const packages = path.join(projectRoot, "node_modules");
const withSuffix = (folder: string, suffix: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(suffix))
    .map((file) => path.join(folder, file));

interface Signer {
  readonly sign: (payload: object, key: string, options: { readonly header: object }) => string;
}
interface Verified {
  readonly header: unknown;
  readonly payload: unknown;
}
/** It brings no types. */
const jwt: Signer & {
  readonly verify: (token: string, key: string, options: { complete: true; algorithms: string[] }) => Verified;
} = createRequire(__filename)("jsonwebtoken");

/** What stands in the bundle in the place of a package. */
const leanModule = async <T>(name: string, member: string): Promise<T> => {
  const folder = mkdtempSync(path.join(tmpdir(), "lean-"));
  try {
    const entry = path.join(folder, "entry.js");
    writeFileSync(entry, `export { ${member} } from ${JSON.stringify(name)};`);
    const found: T = require((await buildBundle({ entry, outfile: path.join(folder, "out.js") })).outfile);
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

describe("a method that nothing calls", () => {
  const source = `class Client {
    constructor() { this.x = 1; }
    used() {
        return this.helper();
    }
    helper() {
        return 1;
    }
    unused() {
        return this.onlyThere();
    }
    onlyThere() {
        return [1].map(this.byName("named"));
    }
    async named() {
        return 1;
    }
    toString() {
        return "client";
    }
}
`;

  it("is found with what only it calls; a name in a text is a call, and so is what the language calls", () => {
    const script = `${withMarkedMethods(source)}new Client().used(); const later = "named";`;
    const printed = script.replaceAll(/\["(defined_here:\w+)"\]/g, '"$1"');
    expect([...uncalledIn(printed)]).toEqual(["unused", "onlyThere"]);
  });

  it("is an error of the build where it is listed and does not exist", () => {
    expect(withoutListed(source, ["unused"])).not.toContain("unused");
    expect(() => withoutListed(source, ["unused", "gone"])).toThrow("there is no member gone any more");
  });
});

describe("what the bundle leaves out", () => {
  it("signs a token as it does: jsonwebtoken", async () => {
    const signer = await leanModule<{ readonly default: Signer }>("jsonwebtoken", "default");
    const { privateKey, publicKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const payload = { aud: "https://login.example", iss: "app", sub: "app", exp: 4_000_000_000, jti: "1" };
    for (const alg of ["PS256", "RS256"] as const) {
      const header = { alg, "x5t#S256": "thumb" };
      const [ours, theirs] = [signer.default, jwt].map(({ sign }) =>
        jwt.verify(sign(payload, privateKey, { header }), publicKey, { complete: true, algorithms: [alg] }),
      );
      expect(ours?.header).toEqual(theirs?.header);
      expect(ours?.payload).toEqual({ ...payload, iat: expect.any(Number) });
    }
    const users = withSuffix(path.join(packages, "@azure/msal-node/dist"), ".mjs").filter((file) =>
      /from 'jsonwebtoken'/.test(readFileSync(file, "utf8")),
    );
    expect(users.map((file) => path.basename(file))).toEqual(["ClientAssertion.mjs"]);
    expect(readFileSync(users[0] ?? "", "utf8").match(/jwt\.\w+\([^)]*\)/g)).toEqual([
      "jwt.sign(payload, this.privateKey, { header })",
    ]);
  });

  it("is called by nothing in the bundle: what needs a user, and other requests", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "lean-"));
    try {
      const { outfile } = await buildBundle({ outfile: path.join(folder, "functions.js") });
      const script = readFileSync(outfile, "utf8");
      const names = Object.values(leftOutMembers).flat();
      // Names that other objects have too; the tests below show which operations of Resource Manager are called.
      const common = ["list", "update"];
      const called = names.filter((name) => new RegExp(`\\.${name}\\(`).test(script) && !common.includes(name));
      expect(called).toEqual([]);
      expect(names).toEqual(expect.arrayContaining(["getTokenByDeviceCode", "acquireTokenSilent"]));
      expect(script).toMatch(/\.acquireTokenByClientCredential\(/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("is found in the sources of @azure/functions, which are those of its published script", () => {
    const folder = path.dirname(require.resolve("@azure/functions"));
    const map: { readonly sources: readonly string[]; readonly sourcesContent: readonly string[] } = JSON.parse(
      readFileSync(path.join(folder, "azure-functions.js.map"), "utf8"),
    );
    const own = map.sources.flatMap((name, i) => (/\/src\/.*\.ts$/.test(name) ? [[name, map.sourcesContent[i]]] : []));
    expect(own.length).toBeGreaterThan(40);
    for (const [name = "", text = ""] of own) {
      const file = path.join(folder, "..", name.slice(name.indexOf("/src/")));
      expect(readFileSync(file, "utf8").replaceAll("\r", "")).toBe(text.replaceAll("\r", ""));
    }
  });

  it("is never called by the app: JSON schemas of zod, other operations of Resource Manager, long operations", () => {
    const sources = ["functions", "lib"].flatMap((name) => withSuffix(path.join(projectRoot, name), ".ts"));
    const texts = sources.map((file) => readFileSync(file, "utf8")).join("\n");
    expect(texts).not.toMatch(
      /JSONSchema|DeletedSecret|SecretBackup|backupSecret|listPropertiesOfSecrets|setAccessPolicy|setProperties/,
    );
    const operations = [...texts.matchAll(/\.batchAccountOperations\s*\.(\w+)\(/g)].map(([, name]) => name);
    expect(new Set(operations)).toEqual(new Set(["get", "getKeys", "regenerateKey"]));
    expect(texts).not.toMatch(/\.(?:pool|application|certificate|location)\w*(?:Operations)?\.\w+\(/);
  });

  it("reads an error of the table service as the SDK does: XML", async () => {
    const lean = await leanModule<{ readonly parseXML: typeof parseXML }>("@azure/core-xml", "parseXML");
    const text =
      '<?xml version="1.0" encoding="utf-8"?><error xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices">' +
      '<code>ServerBusy</code><message xml:lang="en-US">Wait &amp; try again.</message></error>';
    const asRead: { readonly code: string; readonly message: { readonly _: string } } = await parseXML(text);
    expect(await lean.parseXML(text)).toEqual({ code: asRead.code, message: asRead.message._ });
    await expect(lean.parseXML("Bad Gateway")).rejects.toThrow("no XML of an error");
    await expect(parseXML("Bad Gateway")).rejects.toBeDefined();
  });

  it("changes nothing about windows in time zones: luxon", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "lean-"));
    try {
      const { outfile, inputs } = await buildBundle({
        entry: path.join(projectRoot, "lib/rotation/time/window.ts"),
        outfile: path.join(folder, "window.js"),
      });
      expect(inputs.some((file) => file.endsWith("luxon/src/zones/IANAZone.js"))).toBe(true);
      const bundled: { readonly nextOpening: typeof nextOpening } = require(outfile);
      const zones = ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"];
      const hours = Array.from({ length: 1_200 }, (_, i) => new Date(Date.UTC(2026, 0, 1, i * 7)));
      const openings = (next: typeof nextOpening) =>
        zones.flatMap((timeZone) =>
          hours.map((now) => next({ days: ["Sun"], from: "02:15", to: "03:15", timeZone }, now)),
        );
      expect(openings(bundled.nextOpening)).toEqual(openings(nextOpening));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
