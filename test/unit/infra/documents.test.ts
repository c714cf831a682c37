import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { checkRules, describeBicep, infraFolder, projectRoot } from "./bicep";
import { words } from "../../builders/words";
import { accountsToPackage } from "../../tools/packaged-accounts";

const read = (file: string): string => readFileSync(path.join(projectRoot, file), "utf8");
const all = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, found = ""]) => found);
const sorted = (names: Iterable<string>): readonly string[] =>
  [...new Set(names)].toSorted((one, other) => one.localeCompare(other));

const deploy = read("docs/deploy.md");
const main = read("infra/main.bicep");
const resources = read("infra/resources.bicep");
const parametersFile = read("infra/main.parameters.json");
const parametersOf = (bicep: string): readonly string[] => sorted(all(bicep, /^param (\w+) /gm));

/** Parameters with a description, with or without other decorators in between. */
const described = (bicep: string): readonly string[] =>
  all(bicep, /@description\('(?:[^'\\]|\\.)+'\)\n(?:@.*\n|  .*\n|\}\)\n)*param (\w+) /g);

describe("main.bicep", () => {
  it("passes every parameter on to resources.bicep, and has no other", () => {
    const own = ["environmentName", "location", "existingResourceGroupName"];
    const handedOn = all(main, /^ {4}(\w+): \1$/gm);
    const expected = sorted([...parametersOf(main).filter((name) => name !== "existingResourceGroupName"), "tags"]);
    // Once for a new group, once for an existing one.
    expect(sorted(handedOn.slice(0, expected.length))).toEqual(expected);
    expect(sorted(handedOn.slice(expected.length))).toEqual(expected);
    expect(parametersOf(resources)).toEqual(
      sorted([...parametersOf(main).filter((name) => !own.includes(name)), "environmentName", "location", "tags"]),
    );
  });

  it("makes no deployment to an existing group depend on a new one", () => {
    const [, toExisting = ""] = main.split("module resourcesInExistingGroup ");
    expect(toExisting.slice(0, toExisting.indexOf("\n}"))).not.toMatch(/dependsOn|scope: group$/m);
    expect(main).toContain("module resources 'resources.bicep' = if (createsGroup) {");
  });

  it("describes every parameter", () => {
    expect(parametersOf(main).filter((name) => !described(main).includes(name))).toEqual([]);
  });
});

describe("docs/deploy.md", () => {
  it("lists every variable that azd reads, and no other", () => {
    const variables = all(parametersFile, /\$\{(\w+)[=}]/g).filter(
      (name) => name !== "AZURE_ENV_NAME" && name !== "AZURE_LOCATION",
    );
    const [, table = ""] = /\| variable \|[^\n]*\n([\s\S]*?)\n\n/.exec(deploy) ?? [];
    const listed = table.split("\n").flatMap((row) => all(row.split("|")[1] ?? "", /`(\w+)`/g));
    expect(sorted(listed)).toEqual(sorted(variables));
  });

  it("names parameters that exist", () => {
    const named = all(deploy, /`(\w+)(?:=\w+)?`/g).filter((name) =>
      /^(existing|table|network|role|allowed|private|sign|operator|alert|webhook|watch|dead)[A-Z]\w+$/.test(name),
    );
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => !parametersOf(main).includes(name))).toEqual([]);
  });

  it("links to existing files and headings", () => {
    const links = all(deploy, /\]\(([^)\s]+)\)/g).filter((link) => !link.startsWith("https:"));
    const headings = all(deploy, /^#+ (.+)$/gm).map((heading) => `#${heading.toLowerCase().replaceAll(" ", "-")}`);
    const lost = links.filter((link) =>
      link.startsWith("#")
        ? !headings.includes(link)
        : !existsSync(path.join(projectRoot, "docs", link.replace(/#.*/, ""))),
    );
    expect(lost).toEqual([]);
  });
});

test("the accounts in docs/deploy.md are a file that the package takes", () => {
  const blocks = all(deploy, /```json\n([\s\S]*?)\n```/g);
  const folder = mkdtempSync(path.join(tmpdir(), "accounts-"));
  try {
    const file = path.join(folder, "accounts.json");
    writeFileSync(file, blocks.find((text) => text.includes("rotation.schema.json")) ?? "");
    expect(accountsToPackage(file)).toContain("renderweu");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describeBicep("the parameter file in docs/deploy.md", () => {
  it("is complete for resources.bicep, and satisfies the service rules", async () => {
    const blocks = all(deploy, /```json\n([\s\S]*?)\n```/g);
    const json = blocks.find((text) => text.includes("deploymentParameters.json")) ?? "";
    expect(Object.keys(JSON.parse(json).parameters).filter((name) => !parametersOf(resources).includes(name))).toEqual(
      [],
    );
    const folder = mkdtempSync(path.join(tmpdir(), "deploy-"));
    try {
      const file = path.join(folder, "batch-keys.parameters.json");
      writeFileSync(file, json);
      expect(await checkRules(file, { template: "resources.bicep" })).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describeBicep("the parameter file of the policy scan", () => {
  it("is complete for resources.bicep", async () => {
    const file = path.join(projectRoot, ".github/policy-scan.parameters.json");
    expect(Object.keys(JSON.parse(readFileSync(file, "utf8")).parameters).toSorted()).toEqual(
      parametersOf(resources)
        .filter((name) => /^(?:accounts|alertEmails|privateNetwork)$/.test(name))
        .toSorted(),
    );
    expect(await checkRules(file, { template: "resources.bicep" })).toEqual([]);
  });
});

describe("the files that a template gallery requires", () => {
  it.each(
    words(`
    LICENSE SECURITY.md CONTRIBUTING.md CODE_OF_CONDUCT.md CHANGELOG.md azure.yaml .devcontainer/devcontainer.json
    .github/workflows/azure-dev.yml .github/ISSUE_TEMPLATE/bug.yml .github/dependabot.yml
  `),
  )("include %s", (file) => {
    expect(existsSync(path.join(projectRoot, file))).toBe(true);
  });

  it("tag the app with the name of its azd service", () => {
    expect(read("azure.yaml")).toMatch(/^ {2}rotator:$/m);
    expect(read("infra/modules/function-app.bicep")).toContain("'azd-service-name': 'rotator'");
  });
});

test("every template states its purpose in its first line", () => {
  const files = [
    "main.bicep",
    "resources.bicep",
    "rights.bicep",
    "types.bicep",
    ...readdirSync(path.join(infraFolder, "modules")).map((file) => `modules/${file}`),
  ];
  expect(files.filter((file) => !/^\/\/ [A-Z]/.test(read(`infra/${file}`)))).toEqual([]);
});
