import hostJson from "../../../../host.json";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { appRoot, readFunctionTimeout } from "../../../../lib/config/settings/host-json";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "host-json-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (text: string): void => writeFileSync(join(folder, "host.json"), text);

describe("the folder of the app", () => {
  it("is the one that the host names, where it holds host.json", () => {
    write("{}");
    expect(appRoot({ AzureWebJobsScriptRoot: folder })).toBe(folder);
  });

  it("is another one with host.json where the named one has none", () => {
    expect(appRoot({ AzureWebJobsScriptRoot: folder })).toBe(join(__dirname, "../../../.."));
  });
});

describe("the longest time of one function call", () => {
  it.each([
    ['{ "functionTimeout": "00:10:00" }', 600_000],
    ['{ "functionTimeout": "01:02:03" }', 3_723_000],
    ["{}", 300_000],
    ['{ "functionTimeout": "-1" }', 300_000],
    ['{ "functionTimeout": "00:00:00" }', 300_000],
    ["no JSON", 300_000],
  ])("is read from host.json (%s)", (text, expected) => {
    write(text);
    expect(readFunctionTimeout(folder, {})).toBe(expected);
  });

  it("is five minutes without a host.json", () => {
    expect(readFunctionTimeout(folder, {})).toBe(300_000);
  });

  it("is that of the setting which overrides host.json", () => {
    write('{ "functionTimeout": "00:10:00" }');
    expect(readFunctionTimeout(folder, { AzureFunctionsJobHost__functionTimeout: "00:07:00" })).toBe(420_000);
  });
});

test("the host logs no address of a request: that of the page holds its key", () => {
  const { logging } = hostJson;
  expect(logging.logLevel["Microsoft.AspNetCore.Hosting.Diagnostics"]).toBe("Warning");
  expect(logging.applicationInsights.enableDependencyTracking).toBe(false);
});
