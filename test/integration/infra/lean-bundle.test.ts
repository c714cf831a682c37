import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseXML } from "@azure/core-xml";
import { nextOpening } from "../../../lib/rotation/time/window";
import { buildBundle } from "../../tools/build";
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

  it("is used in interactive requests only, of credentials that the app does not choose: open", () => {
    const identity = path.join(packages, "@azure/identity/dist/esm");
    const users = (pattern: RegExp) =>
      withSuffix(identity, ".js")
        .filter((file) => pattern.test(readFileSync(file, "utf8")))
        .map((file) => path.basename(file, ".js"))
        .toSorted();
    expect(users(/(?:import\(|from )"open"/)).toEqual(["msalClient"]);
    // The second asks only where the plugin of a broker is loaded.
    expect(users(/msalClient\.getTokenByInteractiveRequest\(/)).toEqual([
      "interactiveBrowserCredential",
      "visualStudioCodeCredential",
    ]);
    const chosen = readFileSync(path.join(projectRoot, "lib/azure/sdk/credential.ts"), "utf8");
    expect(chosen).not.toMatch(/InteractiveBrowser|useIdentityPlugin/);
  });

  it("is never called by the app: JSON schemas of zod, other operations of Resource Manager, long operations", () => {
    const sources = ["functions", "lib"].flatMap((name) => withSuffix(path.join(projectRoot, name), ".ts"));
    const texts = sources.map((file) => readFileSync(file, "utf8")).join("\n");
    expect(texts).not.toMatch(/JSONSchema|beginDelete|beginRecover|setAccessPolicy|setProperties/);
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
