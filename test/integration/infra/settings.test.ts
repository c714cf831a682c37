import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { maxInlineBytes } from "../../../lib/config/configuration";
import { readSettings } from "../../../lib/config/settings/settings";
import { at, describeBicep, planOf, projectRoot, settingsOf } from "../../unit/infra/bicep";
import { accountsFileOf, accountsOf, parameterSets } from "../../unit/infra/parameter-sets";
import { leftOut, settingProblems } from "../../unit/infra/settings-check";

const hostLimits = { functionTimeoutMs: 300_000 };
const noFiles = {
  read: (file: string): string => {
    throw new Error(`${file} does not exist`);
  },
};

/** Placeholders for values that only Azure knows. */
const known = (name: string, value: string): string => {
  if (!/<[^>]+>/.test(value)) return value;
  if (/client_?id|WORKSPACE_ID/i.test(name)) return "99999999-9999-4999-8999-999999999999";
  return name.endsWith("Uri") ? "https://sharedtables.table.core.windows.net/" : value;
};

/** The settings of the app in Azure. */
const asInAzure = (settings: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, known(name, value)])),
  WEBSITE_SITE_NAME: "func-rotator",
});

describeBicep("the app settings", () => {
  it.each(parameterSets)("are accepted by the app unchanged, for %s", async (set) => {
    const inPackage = accountsFileOf(set);
    const files = inPackage === null ? noFiles : { read: () => inPackage };
    const settings = readSettings(asInAzure(settingsOf(await planOf(set))), files, hostLimits);
    expect(settings.accounts.map(({ batch }) => batch.resourceId)).toEqual(
      accountsOf(set).map(({ resourceId }) => resourceId),
    );
    expect(settings.emulated).toBe(false);
    expect(settings.storage.kind).toBe("identity");
  });

  it("are accepted in the US Government cloud, where services have explicit addresses", async () => {
    const planned = settingsOf(await planOf("us-government", { cloud: "AzureUSGovernment" }));
    expect(Object.keys(planned)).not.toContain("AzureWebJobsStorage__accountName");
    const settings = readSettings(asInAzure(planned), noFiles, hostLimits);
    expect(settings.cloud.name).toBe("AzureUSGovernment");
    expect(settings.accounts.map(({ secret }) => secret.vaultUrl)).toEqual([
      expect.stringMatching(/^https:\/\/kv-[a-z0-9]+\.vault\.usgovcloudapi\.net$/),
    ]);
  });

  it("use the app's name for the cloud in China", async () => {
    const planned = settingsOf(await planOf("one-account", { cloud: "AzureChinaCloud" }));
    expect(planned["ROTATION_CLOUD"]).toBe("AzureChina");
    expect(readSettings(asInAzure(planned), noFiles, hostLimits).cloud.vaultDomain).toBe(".vault.azure.cn");
  });

  it("are exactly those that the app reads", async () => {
    const plans = [await planOf("every-option"), await planOf("every-option", { cloud: "AzureUSGovernment" })];
    expect(settingProblems(plans)).toEqual([]);
  });

  it("are all in the local sample, except those of the platform", async () => {
    const sample = JSON.parse(readFileSync(path.join(projectRoot, "local.settings.sample.json"), "utf8"));
    const planned = Object.keys(settingsOf(await planOf("every-option"))).filter((name) =>
      /^(ROTATION_|AZURE_)/.test(name),
    );
    expect(planned.filter((name) => !(name in sample.Values))).toEqual([]);
    expect(Object.keys(leftOut).filter((name) => !(name in sample.Values))).toEqual([]);
  });
});

const startWith = (bytes: number) =>
  spawnSync(process.execPath, ["-e", ""], { env: { ROTATION_ACCOUNTS: "x".repeat(bytes) } });

test("the longest list of accounts in a setting leaves room for a process to start, 128 KiB would not", () => {
  expect(startWith(maxInlineBytes)).toMatchObject({ status: 0 });
  expect(process.platform === "linux" ? at(startWith(131_072).error, "code") : "E2BIG").toBe("E2BIG");
});
