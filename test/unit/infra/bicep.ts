import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, cpSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { accountsFileOf, type ParameterValues, valuesOf, writeParameters } from "./parameter-sets";

export const projectRoot = path.resolve(__dirname, "../../..");
export const infraFolder = path.join(projectRoot, "infra");

/** An offline Bicep checker that some development machines have beside the project; null where it is absent. */
const checkerFolder = path.resolve(projectRoot, "../shared/bicep-check");
export const checker = existsSync(path.join(checkerFolder, "bicep-check.mjs")) ? checkerFolder : null;

/** A `describe` that runs only where the checker exists, and otherwise reports that it was skipped. */
export const describeBicep = (name: string, tests: () => void): void => {
  if (checker !== null) {
    describe(name, tests);
    return;
  }
  process.stderr.write(`skipped: "${name}" needs the Bicep checker, which is not on this machine\n`);
  describe.skip(name, tests);
};

/** One resource that is deployed or referred to. Values that only Azure knows are in angle brackets. */
export interface PlannedResource {
  readonly module: string;
  readonly symbol: string;
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly scope?: string;
  readonly existing?: true;
  readonly body?: Readonly<Record<string, unknown>>;
}

export interface Plan {
  readonly resources: readonly PlannedResource[];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly diagnostics: readonly unknown[];
}

export interface Finding {
  readonly sev: string;
  readonly code: string;
  readonly msg: string;
}

/** Its output goes to files: it exits before a pipe has taken all of a large plan. */
const call = (args: readonly string[], tool = checkerFolder): Promise<string> =>
  inTemporaryFolder(async (folder) => {
    const files = ["found", "problems"].map((name) => path.join(folder, name));
    const open = files.map((file) => openSync(file, "w"));
    const checking = spawn(process.execPath, [path.join(tool, "bicep-check.mjs"), ...args], {
      stdio: ["ignore", ...open],
    });
    const [code] = await once(checking, "close");
    open.forEach((file) => closeSync(file));
    const [found = "", problems = ""] = files.map((file) => readFileSync(file, "utf8"));
    // Exit code 1 means that there are findings.
    if (code !== 0 && (code !== 1 || found === "")) throw new Error(`the checker failed: ${problems}`);
    return found;
  });

/** Runs with the file of a parameter set, given the set's name or the path of a file. */
const withFileOf = <T>(set: string, work: (file: string) => Promise<T>): Promise<T> =>
  path.isAbsolute(set) ? work(set) : inTemporaryFolder((folder) => work(writeParameters(folder, valuesOf(set))));

/** Runs with the templates, and with a copy of them where a set has its accounts in their file. */
const withFolderOf = <T>(set: string, folder: string, work: (folder: string) => Promise<T>): Promise<T> => {
  const accounts = path.isAbsolute(set) ? null : accountsFileOf(set);
  if (accounts === null) return work(folder);
  return inTemporaryFolder((copy) => {
    cpSync(folder, copy, { recursive: true });
    writeFileSync(path.join(copy, "accounts.json"), accounts);
    return work(copy);
  });
};

/** Calls the checker with one of its two options that take a parameter file. */
const callWith = async (args: readonly string[], set: string, { folder, cloud, template }: Required<RulesOptions>) =>
  inCloud(cloud, (tool) =>
    withFolderOf(set, folder, (infra) =>
      withFileOf(set, async (file) =>
        JSON.parse(await call([...args, "--params", file, path.join(infra, template)], tool)),
      ),
    ),
  );

/** Errors and warnings in the unchanged folder. */
export const checkFolder = async (folder = infraFolder): Promise<readonly Finding[]> =>
  JSON.parse(await call(["--json", "--no-info", folder]));

/** Errors and warnings of the service rules for the resources of a parameter set. */
export const checkRules = (
  set: string,
  { folder = infraFolder, cloud = "AzureCloud", template = "main.bicep" }: RulesOptions = {},
): Promise<readonly Finding[]> => callWith(["--json", "--rules"], set, { folder, cloud, template });

export interface PlanOptions {
  readonly folder?: string;
  readonly cloud?: keyof typeof otherClouds | "AzureCloud";
}

export interface RulesOptions extends PlanOptions {
  readonly template?: "main.bicep" | "resources.bicep";
}

/** The result of `environment()` in clouds other than the public one. */
const otherClouds = {
  AzureUSGovernment: [
    "name: 'AzureUSGovernment', resourceManager: 'https://management.usgovcloudapi.net/', authentication: { " +
      "loginEndpoint: 'https://login.microsoftonline.us/' }",
    "storage: 'core.usgovcloudapi.net', keyvaultDns: '.vault.usgovcloudapi.net'",
  ],
  AzureChinaCloud: [
    "name: 'AzureChinaCloud', resourceManager: 'https://management.chinacloudapi.cn/', authentication: { " +
      "loginEndpoint: 'https://login.chinacloudapi.cn/' }",
    "storage: 'core.chinacloudapi.cn', keyvaultDns: '.vault.azure.cn'",
  ],
} as const;

const publicCloud = [
  "name: 'AzureCloud', resourceManager: 'https://management.azure.com/', authentication: { loginEndpoint: " +
    "'https://login.microsoftonline.com/' }",
  "storage: 'core.windows.net', keyvaultDns: '.vault.azure.net'",
] as const;

const inTemporaryFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(path.join(tmpdir(), "infra-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** The checker knows only the public cloud; for others a modified copy of it is used. */
const inCloud = async <T>(cloud: PlanOptions["cloud"], work: (tool: string) => Promise<T>): Promise<T> => {
  if (cloud === undefined || cloud === "AzureCloud") return work(checkerFolder);
  const said = otherClouds[cloud];
  return inTemporaryFolder((folder) => {
    cpSync(checkerFolder, folder, { recursive: true, mode: 0 });
    const file = path.join(folder, "lib/plan.mjs");
    const source = readFileSync(file, "utf8");
    const changed = publicCloud.reduce((so, known, i) => so.replace(known, said[i] ?? known), source);
    if (!said.every((part) => changed.includes(part))) throw new Error("the checker's cloud could not be changed");
    rmSync(file);
    writeFileSync(file, changed);
    return work(folder);
  });
};

const known = new Map<string, Promise<Plan>>();

/** The resources of a parameter set. Those of the unchanged templates are computed once. */
export const planOf = (
  set: string,
  { folder = infraFolder, cloud = "AzureCloud", template = "main.bicep" }: RulesOptions = {},
): Promise<Plan> => {
  const key = `${set} ${cloud} ${folder} ${template}`;
  const plan = known.get(key) ?? callWith(["--plan"], set, { folder, cloud, template });
  if (folder === infraFolder) known.set(key, plan);
  return plan;
};

/** Runs with a parameter set in which some values are replaced, and passes the path of its file. */
export const withParameters = <T>(
  set: string,
  values: ParameterValues,
  work: (file: string) => Promise<T>,
): Promise<T> => inTemporaryFolder((folder) => work(writeParameters(folder, { ...valuesOf(set), ...values })));

/** Runs with a copy of the templates in which one text of one file is replaced. Throws where the text is missing. */
export const withChanged = <T>(
  file: string,
  change: (before: string) => string,
  work: (folder: string) => Promise<T>,
): Promise<T> =>
  inTemporaryFolder((folder) => {
    cpSync(infraFolder, folder, { recursive: true });
    const target = path.join(folder, file);
    const before = readFileSync(target, "utf8");
    const changed = change(before);
    if (changed === before) throw new Error(`${file} has nothing to change here`);
    writeFileSync(target, changed);
    return work(folder);
  });

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** The resources that are created, not only referred to. */
export const made = ({ resources }: Plan, type: string): readonly (PlannedResource & { body: object })[] =>
  resources.flatMap((resource) =>
    same(resource.type, type) && resource.body !== undefined && !resource.existing
      ? [{ ...resource, body: resource.body }]
      : [],
  );

/** One nested member of a body. */
export const at = (value: unknown, dotted: string): unknown =>
  dotted
    .split(".")
    .reduce<unknown>(
      (inner, name) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined),
      value,
    );

/** The app settings of the function app. */
export const settingsOf = (plan: Plan): Readonly<Record<string, string>> => {
  const [site] = made(plan, "Microsoft.Web/sites");
  const settings = at(site?.body, "properties.siteConfig.appSettings");
  if (!Array.isArray(settings)) throw new Error("the plan holds no app settings");
  return Object.fromEntries(settings.map(({ name, value }: { name: string; value: string }) => [name, value]));
};

/** The role assignments, as the role's id and the scope in lower case. */
export const assignmentsOf = (plan: Plan) =>
  made(plan, "Microsoft.Authorization/roleAssignments").map(({ scope = "", body }) => ({
    scope: scope.toLowerCase(),
    role: String(at(body, "properties.roleDefinitionId")).split("/").at(-1),
  }));
