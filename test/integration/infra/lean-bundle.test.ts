import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
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
