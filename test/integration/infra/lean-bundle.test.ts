import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseXML } from "@azure/core-xml";
import { minVersion, satisfies } from "semver";
import { nextOpening } from "../../../lib/rotation/time/window";
import packageJson from "../../../package.json";
import { buildBundle } from "../../tools/build";
import { projectRoot } from "../../unit/infra/bicep";

const packages = path.join(projectRoot, "node_modules");
const withSuffix = (folder: string, suffix: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(suffix))
    .map((file) => path.join(folder, file));

describe("what the bundle leaves out", () => {
  it("is asked for versions of Node only that each supported one satisfies: semver", () => {
    const oldest = minVersion(packageJson.engines.node)?.version ?? "";
    const question =
      /^\w+ semver = require\('semver'\);\s+module\.exports = semver\.satisfies\(process\.version, '(.+)'\);$/;
    const asked = withSuffix(path.join(packages, "jsonwebtoken/lib"), "upported.js").map((file) =>
      question.exec(readFileSync(file, "utf8").trim()),
    );
    expect(asked).toHaveLength(3);
    expect(asked.filter((found) => found === null || !satisfies(oldest, found[1] ?? ""))).toEqual([]);
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
    const { outfile } = await buildBundle({
      entry: path.join(packages, "@azure/data-tables/dist/esm/TableClient.js"),
      outfile: path.join(mkdtempSync(path.join(tmpdir(), "lean-")), "tables.js"),
    });
    expect(readFileSync(outfile, "utf8")).toContain("this is no XML of an error");
    const folder = mkdtempSync(path.join(tmpdir(), "lean-"));
    const entry = path.join(folder, "entry.js");
    writeFileSync(entry, `export { parseXML } from "@azure/core-xml";`);
    const lean: { readonly parseXML: typeof parseXML } = require(
      (await buildBundle({ entry, outfile: path.join(folder, "xml.js") })).outfile,
    );
    const text =
      '<?xml version="1.0" encoding="utf-8"?><error xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices">' +
      '<code>ServerBusy</code><message xml:lang="en-US">Wait &amp; try again.</message></error>';
    const asRead: { readonly code: string; readonly message: { readonly _: string } } = await parseXML(text);
    expect(await lean.parseXML(text)).toEqual({ code: asRead.code, message: asRead.message._ });
    await expect(lean.parseXML("Bad Gateway")).rejects.toThrow();
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
