import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import packageJson from "../../../package.json";
import { at, projectRoot } from "./bicep";

const read = (file: string): string => readFileSync(path.join(projectRoot, file), "utf8");

type ParseYaml = (text: string) => unknown;

/** The YAML parser that comes with Jest; the project itself needs none. */
const yamlParser = (): ParseYaml | null => {
  try {
    return createRequire(path.join(projectRoot, "package.json"))("js-yaml").load;
  } catch {
    return null;
  }
};
const parser = yamlParser();
const whereParsed = parser === null ? describe.skip : describe;
if (parser === null) process.stderr.write("skipped: reading workflows needs js-yaml, which comes with Jest\n");
const parse = (file: string): unknown => parser?.(read(file));

const folder = ".github/workflows";
const workflows = readdirSync(path.join(projectRoot, folder)).map((file) => `${folder}/${file}`);
const members = (value: unknown, name: string): readonly (readonly [string, unknown])[] =>
  Object.entries(at(value, name) ?? {});
const jobsOf = (file: string) => members(parse(file), "jobs");
const stepsOf = (file: string) =>
  jobsOf(file).flatMap(([, job]) => members(job, "steps").map(([, step]) => ({ file, step })));

const variablesOf = (text: string): readonly string[] =>
  [...text.matchAll(/\$\{([A-Z_]+)[=}]/g)].map(([, name = ""]) => name);

test.each(workflows)("an action is pinned to a commit, with its version beside it: %s", (file) => {
  const used = read(file)
    .split("\n")
    .filter((line) => line.includes("uses:"));
  expect(used).not.toEqual([]);
  expect(used.filter((line) => !/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
});

whereParsed("the workflows", () => {
  it("run on these events only", () => {
    expect(Object.fromEntries(workflows.map((file) => [path.basename(file), at(parse(file), "on")]))).toEqual({
      "azure-dev.yml": { workflow_dispatch: null },
      "ci.yml": { push: { branches: ["**"] }, pull_request: null },
      "codeql.yml": { push: { branches: ["main"] }, pull_request: null, schedule: [{ cron: "17 4 * * 1" }] },
      "infra.yml": { push: { branches: ["**"] }, pull_request: null },
      "release.yml": { push: { tags: ["v[0-9]+.[0-9]+.[0-9]+"] } },
    });
  });

  it.each(workflows)("may only read the repository: %s", (file) => {
    expect(at(parse(file), "permissions")).toEqual({ contents: "read" });
  });

  it("have further permissions in these jobs only", () => {
    const more = workflows.flatMap((file) =>
      jobsOf(file).flatMap(([name, job]) => {
        const permissions = at(job, "permissions");
        return permissions === undefined ? [] : [[name, permissions] as const];
      }),
    );
    expect(Object.fromEntries(more)).toEqual({
      deploy: { contents: "read", "id-token": "write" },
      analyse: { contents: "read", "security-events": "write" },
      "what-if": { contents: "read", "id-token": "write", "pull-requests": "write" },
      publish: { contents: "write", "id-token": "write", attestations: "write" },
    });
  });

  it.each(workflows)("have a time limit, keep no credentials, and put no outside input into a script: %s", (file) => {
    expect(jobsOf(file).filter(([, job]) => typeof at(job, "timeout-minutes") !== "number")).toEqual([]);
    const steps = stepsOf(file).map(({ step }) => step);
    const checkouts = steps.filter((step) => String(at(step, "uses")).startsWith("actions/checkout@"));
    expect(checkouts).not.toEqual([]);
    expect(checkouts.filter((step) => at(step, "with.persist-credentials") !== false)).toEqual([]);
    expect(steps.filter((step) => String(at(step, "run")).includes("${{"))).toEqual([]);
  });

  it("check, test and package every change", () => {
    const ran = stepsOf(`${folder}/ci.yml`).map(({ step }) => at(step, "run"));
    expect(ran.filter((command) => command !== undefined)).toEqual([
      "npm ci",
      "npm run check",
      "npm test",
      "npm run package",
      "npm run release:dry",
    ]);
  });

  it("release what the script made, after every test, with provenance", () => {
    const steps = (job: string) => members(parse(`${folder}/release.yml`), `jobs.${job}.steps`).map(([, step]) => step);
    const ran = (job: string) =>
      steps(job)
        .map((step) => at(step, "run"))
        .filter((run) => typeof run === "string");
    expect(ran("build")).toEqual(["npm ci", "npm run check", "npm test", "az bicep install", "npm run release"]);
    // `npm run release:dry` shows what the workflow would publish.
    expect(packageJson.scripts["release:dry"]).toBe(`${packageJson.scripts.release} --dry`);
    expect(ran("publish").join("\n")).not.toMatch(/\bnpm\b|\bnode\b|\bnpx\b/);
    expect(at(parse(`${folder}/release.yml`), "jobs.publish.needs")).toBe("build");
    const attested = steps("publish").find((step) => String(at(step, "uses")).startsWith("actions/attest@"));
    expect(at(attested, "with")).toEqual({ "subject-checksums": "release/SHA256SUMS" });
    expect(ran("publish").at(-1)).toMatch(/^gh release create .* release\/\* .*--notes-file release-notes\.md$/);
  });

  it("compile, lint, scan and preview the templates", () => {
    const ran = stepsOf(`${folder}/infra.yml`)
      .map(({ step }) => String(at(step, "run")))
      .join("\n");
    for (const command of [
      "az bicep build",
      "az bicep lint",
      "Install-Module PSRule.Rules.Azure -RequiredVersion 1.47.0",
      "az deployment sub what-if",
      "--result-format ResourceIdOnly",
      "gh pr comment",
    ]) {
      expect(ran).toContain(command);
    }
    expect(read(`${folder}/infra.yml`)).toMatch(/^# For your own copy of this project: /m);
    expect(read(`${folder}/azure-dev.yml`)).toMatch(/^# For your own copy of this project: /);
  });
});

const secrets: readonly string[] = ["ALERT_WEBHOOK_URL", "ALERT_WEBHOOK_SECRET", "HEARTBEAT_URL"];
const from = (name: string): string => `\${{ ${secrets.includes(name) ? "secrets" : "vars"}.${name} }}`;

whereParsed("a deployment from a workflow", () => {
  const always = [
    "AZURE_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_SUBSCRIPTION_ID",
    "AZURE_ENV_NAME",
    "AZURE_LOCATION",
  ] as const;
  /** A workflow takes the accounts from the committed file, and knows its own repository. */
  const ownWay: Readonly<Record<string, string | null>> = {
    BATCH_ACCOUNTS: null,
    DOCUMENTATION_URL: "${{ github.server_url }}/${{ github.repository }}/blob/main/docs",
  };
  const expected = variablesOf(read("infra/main.parameters.json")).filter(
    (name) => !always.some((other) => name === other) && !(name in ownWay),
  );

  it("passes every variable that the templates read, so that none is reset", () => {
    const passed = new Map(members(parse(`${folder}/azure-dev.yml`), "jobs.deploy.env"));
    expect(Object.fromEntries(passed)).toEqual(
      Object.fromEntries([
        ...[...always, ...expected].map((name) => [name, from(name)]),
        ...Object.entries(ownWay).filter(([, value]) => value !== null),
      ]),
    );
  });

  it("is previewed with the same variables, without secrets", () => {
    const deployed = members(parse(`${folder}/azure-dev.yml`), "jobs.deploy.env");
    const previewed = members(parse(`${folder}/infra.yml`), "jobs.what-if.env");
    const signIn = ["AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_SUBSCRIPTION_ID", "HEARTBEAT_FAIL"];
    expect(previewed).toEqual(
      deployed.filter(([name, value]) => !signIn.includes(name) && !String(value).includes("secrets.")),
    );
  });

  it("is previewed with the values that azd would pass", () => {
    const set = { AZURE_ENV_NAME: "prod", AZURE_LOCATION: "westeurope", PRIVATE_NETWORK: "true", STORAGE_SKU: "" };
    const text = execFileSync(process.execPath, [".github/what-if-parameters.mjs"], {
      cwd: projectRoot,
      env: { ...set, ROLE_NAME_SUFFIX: String.raw`(a \u0026 b)` },
      encoding: "utf8",
    });
    const { parameters } = JSON.parse(text);
    expect(parameters).toMatchObject({
      environmentName: { value: "prod" },
      accounts: { value: [] },
      privateNetwork: { value: true },
      dryRun: { value: false },
      storageSku: { value: "Standard_ZRS" },
      roleNameSuffix: { value: "(a & b)" },
    });
    expect(text).not.toMatch(/webhookUrl|webhookSecret|heartbeat/);
  });

  it("reads them from the azd environment", () => {
    const azure = parse("azure.yaml");
    expect(at(azure, "pipeline.secrets")).toEqual(secrets);
    expect(new Set(members(azure, "pipeline.variables").map(([, name]) => name))).toEqual(
      new Set(expected.filter((name) => !secrets.includes(name))),
    );
  });
});

whereParsed("azure.yaml", () => {
  it("builds and deploys the packaged folder under the name in the app's tag", () => {
    const azure = parse("azure.yaml");
    expect(at(azure, "services.rotator")).toMatchObject({
      project: ".",
      host: "function",
      language: "ts",
      dist: "dist/app",
      remoteBuild: false,
      hooks: {
        prepackage: {
          posix: { run: "npm run package" },
          windows: { run: expect.stringContaining("npm run package") },
        },
      },
    });
    expect(at(azure, "metadata.template")).toBe(`${packageJson.name}@${packageJson.version}`);
  });
});

whereParsed("updates of dependencies", () => {
  it("cover npm packages, workflows and the development container", () => {
    const updates = members(parse(".github/dependabot.yml"), "updates").map(([, update]) => [
      at(update, "package-ecosystem"),
      at(update, "directory"),
      at(update, "schedule.interval"),
    ]);
    expect(updates).toEqual([
      ["npm", "/", "weekly"],
      ["github-actions", "/", "weekly"],
      ["docker", "/.devcontainer", "weekly"],
    ]);
  });
});

whereParsed("the issue forms", () => {
  it.each(["bug", "idea"])("have input fields with unique ids: %s", (name) => {
    const form = parse(`.github/ISSUE_TEMPLATE/${name}.yml`);
    const ids = members(form, "body").flatMap(([, part]) => {
      const id = at(part, "id");
      return id === undefined ? [] : [id];
    });
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(ids.length);
    expect(String(at(form, "name"))).not.toBe("undefined");
  });
});

describe("the development container", () => {
  const container: unknown = JSON.parse(read(".devcontainer/devcontainer.json"));

  it("installs the requirements of npm start, and forwards its port", () => {
    expect(at(container, "build.dockerfile")).toBe("Dockerfile");
    expect(at(container, "postCreateCommand")).toBe("npm ci");
    const [, port] = /^const defaultPort = (\d+);$/m.exec(read("test/local/start.ts")) ?? [];
    expect(at(container, "forwardPorts")).toEqual([Number(port)]);
  });

  it("has every tool of docs/deploy.md and of a local run", () => {
    expect(members(container, "features").map(([name]) => name.replace(/:\d+$/, ""))).toEqual([
      "ghcr.io/devcontainers/features/azure-cli",
      "ghcr.io/azure/azure-dev/azd",
    ]);
    expect(at(container, "features")).toMatchObject({
      "ghcr.io/devcontainers/features/azure-cli:1": { installBicep: true },
    });
    expect(read(".devcontainer/Dockerfile")).toMatch(/npm install --global azure-functions-core-tools@4\.\d+\.\d+$/m);
    expect(Object.keys(packageJson.devDependencies)).toContain("azurite");
  });

  it("has the same Node version as the app in Azure", () => {
    const [, node] = /^FROM node:(\d+)-bookworm$/m.exec(read(".devcontainer/Dockerfile")) ?? [];
    const [, runtime] = /^param runtimeVersion string = '(\d+)'$/m.exec(read("infra/main.bicep")) ?? [];
    expect(node).toBe(runtime);
  });
});

test("README.md has the sections that galleries require, in order", () => {
  const headings = [...read("README.md").matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(["Features", "Getting Started", "Guidance", "Contribute", "Resources"]);
});
