import { readFileSync } from "node:fs";
import { settingNames } from "../../../lib/config/settings/setting-names";
import { readSettings } from "../../../lib/config/settings/settings";
import { anEnvironment, connectionString, emulated, noFiles } from "./builders";

interface LocalSettings {
  readonly IsEncrypted: boolean;
  readonly Values: Readonly<Record<string, string>>;
}

const sample: LocalSettings = JSON.parse(readFileSync("local.settings.sample.json", "utf8"));

/** The names that are read while settings are parsed. */
const namesRead = (env: Readonly<Record<string, string | undefined>>): readonly string[] => {
  const asked = new Set<string>();
  const watched = new Proxy(env, {
    get: (target, name) => {
      asked.add(String(name));
      return target[String(name)];
    },
  });
  readSettings(watched, noFiles);
  return [...asked];
};

describe("local.settings.sample.json", () => {
  it("contains every setting that the app reads, and no other", () => {
    const { FUNCTIONS_WORKER_RUNTIME, ...values } = sample.Values;
    expect(FUNCTIONS_WORKER_RUNTIME).toBe("node");
    expect(sample.IsEncrypted).toBe(false);
    expect(Object.keys(values).toSorted()).toEqual(Object.keys(settingNames).toSorted());
  });

  it("is valid without changes, and changes nothing in Azure", () => {
    const settings = readSettings(sample.Values, noFiles);
    expect(settings).toMatchObject({ dryRun: true, emulated: true, webhook: null });
    expect(settings.accounts.map(({ name }) => name)).toEqual(["renderweu"]);
  });
});

describe("settingNames", () => {
  it("lists all settings except those that Node reads or the platform sets", () => {
    const variants = [
      anEnvironment(),
      anEnvironment(emulated),
      anEnvironment({ ...emulated, AzureWebJobsStorage: connectionString, ROTATION_STORAGE__accountName: "tables" }),
    ];
    const read = new Set(variants.flatMap(namesRead));
    const listed = Object.keys(settingNames).filter((name) => name !== "NODE_EXTRA_CA_CERTS");
    expect([...read].filter((name) => name !== "WEBSITE_SITE_NAME").toSorted()).toEqual(listed.toSorted());
  });

  it("gives the purpose of each setting in one line", () => {
    expect(Object.values(settingNames).filter((line) => line.length < 20 || line.includes("\n"))).toEqual([]);
  });
});
