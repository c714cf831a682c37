import { type Azurite, startAzurite } from "../../emulators/azurite";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import { startTableProxy } from "../../emulators/table-proxy";
import type { Vault } from "../../emulators/vault";
import { type BuiltApp, builtApp } from "./built-app";
import { type Host, startHost } from "./host";
import { type AccountPlan, type PlacedAccount, placeAccount } from "./placed-account";
import { type StoredRows, storedRows } from "./stored-rows";

/** Azure's services on this machine, and the built app in any number of host processes. */
export interface DeployedApp {
  readonly emulators: Emulators;
  readonly vault: Vault;
  readonly rows: StoredRows;
  readonly app: BuiltApp;
  place(plan: AccountPlan): PlacedAccount;
  /** Valid settings of a host for these accounts. */
  settings(accounts: readonly PlacedAccount[]): Readonly<Record<string, string>>;
  host(accounts: readonly PlacedAccount[], env?: Readonly<Record<string, string>>): Promise<Host>;
  /** Stops all. Throws if an emulator received an unknown request, or an answer was a 500. */
  close(): Promise<void>;
}

const tablePrefix = "EndToEnd";

/** Tests fire the timer, which has its turn on a leap day only; a consumer opens the gate as soon as it is good. */
const settings = {
  ROTATION_SCHEDULE: "0 0 0 29 2 *",
  ROTATION_TABLE_PREFIX: tablePrefix,
  ROTATION_CLAIM: "PT20S",
  ROTATION_QUARANTINE: "PT1S",
};
export const gate = { consumers: [{ name: "render-api" }], soak: "PT0S" } as const;

const inherited = (): Record<string, string> =>
  Object.fromEntries(
    ["PATH", "HOME", "TMPDIR", "SystemRoot"].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

const problemsOf = ({ journal }: Emulators, hosts: readonly Host[]): readonly unknown[] => [
  ...journal.unknown,
  ...journal.failures,
  ...hosts.flatMap(({ answers }) => answers.filter(({ status }) => status >= 500 && status !== 503)),
  ...hosts.flatMap(({ lines }) => lines.filter(isDefect)),
];

/** A log line of a handler that threw, or of an error that no adapter translated. */
const isDefect = (line: string): boolean =>
  /"level":"(?:error|critical)","category":"(?![^"]*\.User")/.test(line) || /unexpected [A-Za-z]*Error/.test(line);

export const openWorld = async (): Promise<DeployedApp> => {
  const [emulators, azurite, app]: [Emulators, Azurite, BuiltApp] = await Promise.all([
    startEmulators(),
    startAzurite(),
    builtApp(),
  ]);
  const tables = await startTableProxy({ ...emulators, targetPort: azurite.port });
  const vault = await emulators.addVault("render-keys");
  const hosts: Host[] = [];
  const settingsFor = (accounts: readonly PlacedAccount[]): Readonly<Record<string, string>> => ({
    ...inherited(),
    ...emulators.env,
    ...settings,
    AzureWebJobsStorage: tables.connectionString,
    ROTATION_ACCOUNTS: JSON.stringify({ defaults: { gate }, accounts: accounts.map(({ configured }) => configured) }),
  });
  return {
    emulators,
    vault,
    rows: storedRows(azurite.connectionString, tablePrefix),
    app,
    place: (plan) => placeAccount(plan, emulators, vault),
    settings: settingsFor,
    host: async (accounts, env = {}) => {
      const host = await startHost({ app: app.folder, env: { ...settingsFor(accounts), ...env } });
      hosts.push(host);
      return host;
    },
    close: async () => {
      await Promise.all(hosts.map((host) => host.stop()));
      const problems = problemsOf(emulators, hosts);
      await tables.close();
      await Promise.all([azurite.stop(), emulators.close()]);
      app.remove();
      if (problems.length > 0) throw new Error(`behind the tests: ${JSON.stringify(problems, null, 1)}`);
    },
  };
};
