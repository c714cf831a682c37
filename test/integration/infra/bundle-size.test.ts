import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundleParts } from "../../bench/bundle-parts";
import { type Bundle, buildBundle } from "../../tools/build";

let folder: string;
let bundle: Bundle;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "bundle-size-"));
  bundle = await buildBundle({ outfile: path.join(folder, "functions.js") });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytesOf = (parts: Bundle["parts"]): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);

describe("the bundle", () => {
  it("has less than a million bytes", () => {
    expect(bundle.bytes).toBeLessThan(1_000_000);
  });

  it("consists of these packages, none of which has grown much", () => {
    const most = new Map([
      ["lib", 430_000],
      ["@azure/msal-common", 98_000],
      ["@azure/msal-node", 63_000],
      ["zod", 90_000],
      ["@azure/functions", 36_000],
      ["@azure/identity", 64_000],
      ["@azure/data-tables", 49_000],
      ["@typespec/ts-http-runtime", 52_000],
      ["@azure/core-client", 33_000],
      ["@azure/arm-batch", 23_000],
    ]);
    const over = bundleParts(bundle).filter(([name, bytes]) => bytes > (most.get(name) ?? 20_000));
    expect(over).toEqual([]);
  });
});

describe("a start", () => {
  it("parses the registrations only: no SDK, no schema, none of the rules", () => {
    const packages = bundleParts({ parts: bundle.atStart }).filter(([, bytes]) => bytes > 3_000);
    expect(packages.map(([name]) => name).toSorted()).toEqual(["@azure/functions", "functions", "lib"]);
    const files = bundle.atStart.filter(({ bytes }) => bytes > 0).map(({ file }) => file);
    const rules = /^lib\/(?:azure|driver|rotation\/(?!time)|operations|compose)/;
    expect(files.filter((file) => rules.test(file))).toEqual([]);
    expect(bytesOf(bundle.atStart)).toBeLessThan(85_000);
  });

  it("would be found out where a function imported the app at once", async () => {
    const entry = path.resolve(__dirname, "../../../lib/compose.ts");
    const { atStart } = await buildBundle({ outfile: path.join(folder, "eager.js"), entry });
    expect(bundleParts({ parts: atStart }).map(([name]) => name)).toContain("zod");
  });
});
