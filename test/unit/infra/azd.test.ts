import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { gte, minVersion } from "semver";
import {
  escapedForPipeline,
  isLeftOut,
  languageProblem,
  packagingSteps,
  type ParameterDefinition,
  remoteBuildOf,
  type Resolved,
  resolveParameter,
  type Service,
} from "./azd";
import { at, projectRoot } from "./bicep";

const read = (file: string): string => readFileSync(path.join(projectRoot, file), "utf8");
const ignoreFile = existsSync(path.join(projectRoot, ".funcignore")) ? read(".funcignore") : null;

/** The YAML parser that comes with Jest. */
const yaml: { load(text: string): unknown } = createRequire(path.join(projectRoot, "package.json"))("js-yaml");
const azure = yaml.load(read("azure.yaml"));
const service: Service = JSON.parse(JSON.stringify(at(azure, "services.rotator")));
const workflow = yaml.load(read(".github/workflows/azure-dev.yml"));

const parameters: Readonly<Record<string, { readonly value: unknown }>> = JSON.parse(
  read("infra/main.parameters.json"),
).parameters;

const kindOf = (type: string): ParameterDefinition["type"] => {
  if (type.endsWith("[]")) return "array";
  return type === "bool" || type === "int" || type === "string" ? type : "object";
};

const declarations = new Map(
  [...read("infra/main.bicep").matchAll(/^param (\w+) (\S+)(?: = (.*))?$/gm)].map(
    ([, name = "", type = "", initial]) => [name, { type: kindOf(type), hasDefault: initial !== undefined, initial }],
  ),
);

const declared = (name: string) => {
  const found = declarations.get(name);
  if (found === undefined) throw new Error(`infra/main.bicep has no parameter ${name}`);
  return found;
};

/** The variable that a parameter takes its value from. */
const variableOf = (name: string): string => /\$\{(\w+)/.exec(String(parameters[name]?.value))?.[1] ?? "";

const resolve = (name: string, value?: string): Resolved =>
  resolveParameter(parameters[name]?.value, declared(name), { [variableOf(name)]: value });

/** The value as a template has it, a default included. */
const inTemplate = (name: string, resolved: Resolved): unknown => {
  if (typeof resolved === "object") return resolved;
  if (resolved === "a question") return resolved;
  const { initial = "" } = declared(name);
  return { value: initial.startsWith("'") ? initial.slice(1, -1) : JSON.parse(initial) };
};

const optional = Object.keys(parameters).filter((name) => declared(name).hasDefault);

describe("azd with azure.yaml", () => {
  it("accepts the language without an alpha feature, and builds nothing in Azure", () => {
    expect(languageProblem(service)).toBeNull();
    expect(remoteBuildOf(service, ignoreFile)).toBe(false);
  });

  it("installs, packages, builds, and zips the packaged folder", () => {
    expect(packagingSteps(service)).toEqual([
      "npm install --no-audit --no-fund --prefer-offline",
      "npm run package",
      "npm run build --if-present",
    ]);
    expect(service.dist).toBe("dist/app");
  });

  it("must know remoteBuild, and must not delete the groups of Batch accounts with `azd down`", () => {
    const oldest = minVersion(String(at(azure, "requiredVersions.azd")))?.version ?? "0.0.0";
    expect(gte(oldest, "1.23.12")).toBe(true);
    expect(gte(oldest, "1.24.1")).toBe(true);
  });
});

describe("azd with main.parameters.json", () => {
  it("asks for the name of the environment and the region alone", () => {
    const asked = Object.keys(parameters).filter((name) => resolve(name) === "a question");
    expect(asked).toEqual(["environmentName", "location"]);
  });

  it.each(optional)("takes the template's default for an unset variable, and for an empty one: %s", (name) => {
    const initial = inTemplate(name, "the template's default");
    expect(inTemplate(name, resolve(name))).toEqual(initial);
    expect(inTemplate(name, resolve(name, ""))).toEqual(initial);
  });

  it.each([
    ["existingResourceGroupName", "batch-keys", "batch-keys"],
    ["schedule", "0 */10 * * * *", "0 */10 * * * *"],
    ["dryRun", "true", true],
    ["createRoleAssignments", "false", false],
    ["roleNameSuffix", "(prod) & others", "(prod) & others"],
    ["alertEmails", "a@example.com, b@example.com", "a@example.com, b@example.com"],
    ["operatorGroupIds", "55555555-5555-4555-8555-555555555555", "55555555-5555-4555-8555-555555555555"],
    ["webhookUrl", "https://alarms.example.com/a?code=1&sig=2%2F", "https://alarms.example.com/a?code=1&sig=2%2F"],
    ["privateNetwork", "true", true],
  ])("takes a value as it was set, and as `azd pipeline config` stores it: %s", (name, set, value) => {
    expect(resolve(name, set)).toEqual({ value });
    expect(resolve(name, escapedForPipeline(set))).toEqual({ value });
  });

  it("takes accounts from `azd env set`, and from the committed file in a workflow", () => {
    const accounts = [{ resourceId: "/subscriptions/…" }];
    expect(resolve("accounts", JSON.stringify(accounts))).toEqual({ value: accounts });
    expect(resolve("accounts", escapedForPipeline(JSON.stringify(accounts)))).toHaveProperty("problem");
    expect(Object.keys(Object(at(workflow, "jobs.deploy.env")))).not.toContain("BATCH_ACCOUNTS");
    expect(at(azure, "pipeline.variables")).not.toContain("BATCH_ACCOUNTS");
  });
});

/** The files before they were corrected: the model must stop at each of their mistakes. */
describe("the model of azd", () => {
  const list: ParameterDefinition = { type: "array", hasDefault: true };
  const object: ParameterDefinition = { type: "object", hasDefault: true };

  it("stops at a custom language", () => {
    const custom: Service = { host: "function", language: "custom", dist: "dist/app" };
    expect(languageProblem(custom)).toBe("language custom must be enabled as an alpha feature");
    expect(packagingSteps(custom)).toEqual([]);
  });

  it.each([
    ["*\n!dist/\ndist/*\n!dist/functions.js\n", false, /cannot be used/],
    ["node_modules/\n", false, /cannot be used/],
    ["\uFEFFnode_modules\n", false, /cannot be used/],
    ["test/\n", true, /requires/],
  ])("stops where .funcignore %j contradicts remoteBuild: %s", (ignored, remoteBuild, problem) => {
    expect(remoteBuildOf({ host: "function", language: "ts", remoteBuild }, ignored)).toMatch(problem);
  });

  it.each([
    [null, undefined, true],
    ["node_modules/\n", undefined, true],
    ["test/\n", undefined, false],
    ["test/\n", false, false],
    [null, false, false],
  ])("builds in Azure by .funcignore %j and remoteBuild %s: %s", (ignored, remoteBuild, expected) => {
    const set = remoteBuild === undefined ? {} : { remoteBuild };
    expect(remoteBuildOf({ host: "function", language: "ts", ...set }, ignored)).toBe(expected);
  });

  it.each([
    ["${BATCH_ACCOUNTS}", list, "", "an empty variable without a default"],
    ["${BATCH_ACCOUNT_DEFAULTS={}}", object, '{"a":1}', "a default that holds a brace"],
    ["${ALERT_EMAILS=[]}", list, String.raw`[\"a@example.com\"]`, "an escaped list"],
  ])("stops at %s of type %j set to %j: %s", (written, type, value) => {
    const [, variable = ""] = /\$\{(\w+)/.exec(written) ?? [];
    expect(resolveParameter(written, type, { [variable]: value })).toHaveProperty("problem");
  });

  it.each([
    ["functions.js", false],
    ["accounts.json", false],
    ["local.settings.json", true],
    [".azure/prod/.env", true],
  ])("leaves %s out of the zip: %s", (file, expected) => {
    expect(isLeftOut(file)).toBe(expected);
  });
});
