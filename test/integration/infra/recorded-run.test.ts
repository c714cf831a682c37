import { readFileSync } from "node:fs";
import path from "node:path";
import { describeBicep, infraFolder, planOf, withChanged } from "../../unit/infra/bicep";
import { grantingSets, platformsOf } from "../../unit/infra/parameter-sets";
import { runKql, tracesOf } from "./kql";
import { fieldsRead, eventsRead, logProblems, queries } from "./queries";
import { settingProblems } from "../../unit/infra/settings-check";
import { type RecordedRun, recordRun } from "./recorded-run";
import { grantsOf } from "./grants";
import { rightProblems } from "./rights";
import { words } from "../../builders/words";

jest.setTimeout(600_000);

let run: RecordedRun;
beforeAll(async () => {
  run = await recordRun();
});

const without = (line: string) => (text: string) =>
  text.replace(new RegExp(`^.*${line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}.*\\n`, "m"), "");

/** Lines of a template with a right of the custom roles. */
const actionsIn = (file: string): readonly string[] =>
  [...readFileSync(path.join(infraFolder, file), "utf8").matchAll(/^\s+'(Microsoft\.[^']+)'$/gm)].map(
    ([, action = ""]) => action,
  );
const actions = actionsIn("rights.bicep");
const platformActions = actionsIn("platform-rights.bicep");

/** Lines of the templates with a setting. */
const settings = ["modules/function-app.bicep", "resources.bicep"].flatMap((file) =>
  [...readFileSync(path.join(infraFolder, file), "utf8").matchAll(/^\s+([A-Za-z]+_[A-Za-z_]+): .+$/gm)].map(
    ([, name = ""]) => [name, file] as const,
  ),
);

const withOneMore = (text: string): string =>
  text.replace("ROTATION_CLOUD: cloud", "ROTATION_CLOUD: cloud\n  ROTATION_CLOUDS: cloud");

const everyOption = async (folder: string) => {
  const plans = [];
  for (const cloud of ["AzureCloud", "AzureUSGovernment"] as const) {
    plans.push(await planOf("every-option", { folder, cloud }));
  }
  return plans;
};

describe("a run with faults", () => {
  it("includes every event of a rotator", () => {
    const events = new Set(run.lines.map(({ event }) => event));
    for (const event of words(`
      RotationCompleted RotationRolledBack DriftRepaired AttemptFailed AccountState ConfigurationInvalid
      ConfigurationState Tick
    `)) {
      expect([...events]).toContain(event);
    }
    expect(run.entries.filter(({ fault }) => fault !== null).length).toBeGreaterThan(6);
  });

  it("includes every request of the app", () => {
    expect([...new Set(run.entries.map(({ route }) => route))].toSorted((a, b) => a.localeCompare(b))).toEqual(
      words(`
      arm.getAccount arm.getContainerApp arm.getLinkedService arm.listConnectionStrings arm.listInstances arm.listKeys
      arm.listPermissions arm.listReferences arm.listReplicas arm.listRevisions arm.queryActivityRuns
      arm.queryPipelineRuns arm.refreshReferences arm.regenerateKeys arm.restartSite batch.listJobs
      batch.listJobSchedules batch.listPools batch.listTasks identity.token logs.query
      tables.batch tables.createTable tables.delete tables.get tables.insert tables.query tables.update vault.challenge
      vault.getSecret vault.getSecretVersion vault.setSecret vault.updateSecret
    `),
    );
  });
});

describeBicep("the roles", () => {
  it.each(grantingSets)("allow exactly the requests of the app, on every resource: %s", async (set) => {
    expect(rightProblems(await planOf(set), run.entries, platformsOf(set))).toEqual([]);
  });

  it("are the two of the templates, and five built-in ones", async () => {
    const names = grantsOf(await planOf("one-account")).map(({ role }) => role.name);
    expect(names.toSorted()).toEqual([
      expect.stringMatching(/^Batch Key Rotator \(dev, [a-z0-9]{13}\)$/),
      expect.stringMatching(/^Batch Key Rotator Secrets \(dev, [a-z0-9]{13}\)$/),
      "Log Analytics Reader",
      "Monitoring Metrics Publisher",
      "Storage Blob Data Owner",
      "Storage Queue Data Contributor",
      "Storage Table Data Contributor",
    ]);
  });

  it("have six rights", () => {
    expect(actions).toHaveLength(6);
  });

  it.each(actions)("fail this check without %s", async (action) => {
    const problems = await withChanged("rights.bicep", without(`'${action}'`), async (folder) =>
      rightProblems(await planOf("ten-accounts", { folder }), run.entries),
    );
    expect(problems.filter((problem) => problem.includes(action))).not.toEqual([]);
  });

  it("have eleven rights for the platforms of consumers, and five exceptions", () => {
    expect(platformActions).toHaveLength(16);
  });

  it.each(platformActions)("fail this check without %s", async (action) => {
    const problems = await withChanged("platform-rights.bicep", without(`'${action}'`), async (folder) =>
      rightProblems(await planOf("platforms", { folder }), run.entries, platformsOf("platforms")),
    );
    expect(problems).not.toEqual([]);
  });

  it.each([
    ["Microsoft.Web/sites/stop/Action", "Microsoft.Web/sites/restart/Action"],
    ["Microsoft.App/containerApps/listsecrets/action", "Microsoft.App/containerApps/read"],
    ["Microsoft.DataFactory/factories/linkedservices/write", "Microsoft.DataFactory/factories/linkedservices/read"],
  ])("fail this check with the extra right %s on a platform", async (added, beside) => {
    const change = (text: string) => text.replace(`'${beside}'`, `'${beside}'\n  '${added}'`);
    const problems = await withChanged("platform-rights.bicep", change, async (folder) =>
      rightProblems(await planOf("platforms", { folder }), run.entries, platformsOf("platforms")),
    );
    expect(problems).toContainEqual(expect.stringContaining(`allows ${added}, which the app never does`));
  });

  it.each([
    ["Microsoft.Batch/batchAccounts/write", "Microsoft.Batch/batchAccounts/read"],
    ["Microsoft.KeyVault/vaults/secrets/delete", "Microsoft.KeyVault/vaults/secrets/update/action"],
    ["Microsoft.KeyVault/vaults/secrets/readMetadata/action", "Microsoft.KeyVault/vaults/secrets/getSecret/action"],
  ])("fail this check with the extra right %s", async (added, beside) => {
    const change = (text: string) => text.replace(`'${beside}'`, `'${beside}'\n  '${added}'`);
    const problems = await withChanged("rights.bicep", change, async (folder) =>
      rightProblems(await planOf("one-account", { folder }), run.entries),
    );
    expect(problems).toEqual([expect.stringContaining(`allows ${added}, which the app never does`)]);
  });
});

describeBicep("the settings", () => {
  it("are set in one line each", () => {
    expect(settings.length).toBeGreaterThan(20);
  });

  it.each(settings)("fail this check without %s", async (name, file) => {
    const problems = await withChanged(file, without(`${name}: `), async (folder) =>
      settingProblems(await everyOption(folder)),
    );
    expect(problems).toEqual([`${name} is not set`]);
  });

  it("fail this check with one that is never read", async () => {
    const problems = await withChanged("modules/function-app.bicep", withOneMore, async (folder) =>
      settingProblems(await everyOption(folder)),
    );
    expect(problems).toEqual(["ROTATION_CLOUDS is set but never read"]);
  });
});

describe("the queries", () => {
  it.each(Object.entries(queries))("read only what the app logs: %s", (name, text) => {
    expect(logProblems(name, text, run.lines)).toEqual([]);
  });

  it("fail this check without any field that they read", () => {
    const missed = Object.entries(queries).flatMap(([name, text]) =>
      fieldsRead(text).map((field) => {
        const lines = run.lines.map((line) => ({
          ...Object.fromEntries(Object.entries(line).filter(([member]) => member !== field)),
          event: line.event,
        }));
        return field === "event" || logProblems(name, text, lines).length > 0
          ? null
          : `${name} passes without ${field}`;
      }),
    );
    expect(missed.filter((problem) => problem !== null)).toEqual([]);
  });

  it("fail this check with a misspelt event", () => {
    const text = (queries["drift"] ?? "").replaceAll("DriftRepaired", "DriftRepared");
    expect(eventsRead(text)).toEqual(["DriftRepared"]);
    expect(logProblems("drift", text, run.lines)).toEqual(["drift reads DriftRepared, which the app does not log"]);
  });

  it("find the events of this run in its log", () => {
    const traces = tracesOf(run.lines, (index) => new Date(Date.parse("2026-11-22T10:00:00Z") + index * 1000));
    const accountsOf = (name: string) =>
      runKql(queries[name] ?? "", { AppTraces: traces, AppRequests: [] })
        .map(({ Account }) => String(Account))
        .toSorted();
    expect(accountsOf("drift")).toEqual(["drifted"]);
    expect(accountsOf("rolled-back")).toEqual(["back"]);
    expect(accountsOf("blocked")).toContain("due");
    const failed = runKql(queries["failed"] ?? "", { AppTraces: traces, AppRequests: [] });
    expect(failed).toEqual([{ What: expect.any(String), Failures: 1 }]);
    expect(accountsOf("stalled")).toEqual([]);
    expect(accountsOf("overdue")).toEqual([]);
    expect(accountsOf("state-now")).toEqual(["apps", "back", "drifted", "due", "fresh"]);
    expect(accountsOf("key-age")).toEqual(["apps", "back", "drifted", "due", "fresh"]);
    expect(accountsOf("rotations-by-month")).toEqual(["back", "due", "fresh"]);
    expect(new Set(accountsOf("phase-times"))).toEqual(new Set(["back", "due", "fresh"]));
  });

  it("count the run's ticks", () => {
    const rows = runKql(queries["rotator-dead"] ?? "", { AppTraces: tracesOf(run.lines, () => new Date()) });
    expect(rows).toEqual([{ Ticks: run.lines.filter(({ event }) => event === "Tick").length }]);
  });
});
