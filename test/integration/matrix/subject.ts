import type { TokenCredential } from "@azure/identity";
import { noWebhook } from "../../../lib/alarms/webhook";
import type { App } from "../../../lib/app";
import { limits } from "../../fakes/limits";
import { AzureBatchKeys } from "../../../lib/azure/batch/batch-keys";
import { AzureAppServices } from "../../../lib/azure/platforms/app-services";
import { AzureContainerApps } from "../../../lib/azure/platforms/container-apps";
import { AzureDataFactories } from "../../../lib/azure/platforms/data-factories";
import { FleetTable } from "../../../lib/azure/tables/fleet-table";
import { FormSecretTable } from "../../../lib/azure/tables/form-secret-table";
import { HistoryTable } from "../../../lib/azure/tables/history-table";
import { AzureAuditLog } from "../../../lib/azure/log-analytics/azure-audit-log";
import { KeyVaultSecrets } from "../../../lib/azure/key-vault/key-vault-secrets";
import { ArmPermissions } from "../../../lib/azure/sdk/permissions";
import { NoticeTable } from "../../../lib/azure/tables/notice-table";
import { RotationTable } from "../../../lib/azure/tables/rotation-table";
import { SignalTable } from "../../../lib/azure/tables/signal-table";
import { TickNotesTable } from "../../../lib/azure/tables/tick-notes-table";
import type { TableStorage } from "../../../lib/azure/tables/table-clients";
import { openTables } from "../../../lib/azure/tables/tables";
import { UlidIds } from "../../../lib/system";
import { FetchHealthChecks } from "../../../lib/signals/health-client";
import type { AccountConfig } from "../../../lib/rotation/account-config";
import { passingClock } from "../../builders/passing-clock";
import { aConsumer, anAccount } from "../../builders/account";
import type { Ports } from "../../../lib/ports/ports";
import { lookersOf } from "../../../lib/sights/lookers";
import { platformConsumers, platformSyncMs } from "./platform-apps";
import { anApp } from "../../builders/app";
import { withCurrentTags } from "../../../lib/discovery/guarded-batch";
import { asTagged, type FoundPlace, Looking, placeTagged } from "./found";
import type { Lane } from "./lane";

/**
 * What a run shows: an account that the configuration lists, by where its keys settle, one that is found by its tag, or
 * one whose consumers are apps on platforms.
 */
export type Story = AccountConfig["settleOn"] | "found" | "platforms";

/** The app on the real adapters in a new process, for one account without a record. */
export interface Subject {
  readonly app: App;
  /** Of an account that is found: as the app knows it at this moment. */
  readonly config: AccountConfig;
  /** Null where the configuration lists the account. */
  readonly looking: Looking | null;
  /** The prefix of the app's tables. */
  readonly tablePrefix: string;
  /** The Batch account's name. */
  readonly batchAccount: string;
  /** The log lines of the app, as JSON. */
  readonly logged: readonly string[];
}

export interface SubjectOptions {
  readonly lane: Lane;
  readonly credential: TokenCredential;
  readonly story: Story;
  /** Unique for all runs on the same Azurite. */
  readonly number: number;
}

export const storageAt = (connectionString: string): TableStorage => ({
  kind: "connectionString",
  connectionString,
  allowInsecureConnection: true,
});

export const makeSubject = (options: SubjectOptions): Subject => {
  const { lane, credential, story, number } = options;
  if (story === "found") return makeFound(options);
  const tablePrefix = `Run${number}`;
  const config = placeAccount(lane, `batch${number}`, story);
  return {
    ...makeApp({ lane, credential, tablePrefix, accounts: [config] }),
    config,
    batchAccount: config.name,
    tablePrefix,
  };
};

const makeFound = ({ lane, credential, number }: SubjectOptions): Subject => {
  const tablePrefix = `Run${number}`;
  const place = placeTagged(lane, number);
  const { app, logged, looking } = makeApp({ lane, credential, tablePrefix, accounts: [], place });
  const before = asTagged(lane, place);
  return {
    app,
    logged,
    looking,
    get config() {
      return app.accounts.find(place.name) ?? before;
    },
    batchAccount: place.name,
    tablePrefix,
  };
};

export interface AppOptions {
  readonly lane: Lane;
  readonly credential: TokenCredential;
  readonly tablePrefix: string;
  readonly accounts: readonly AccountConfig[];
  /** The account that the app is to find, where the configuration lists none. */
  readonly place?: FoundPlace;
}

/** The app on the real adapters, and its log. */
export const makeApp = (options: AppOptions): Pick<Subject, "app" | "logged" | "looking"> => {
  const { lane, credential, tablePrefix, accounts, place } = options;
  const { clock, emulators } = lane;
  const logged: string[] = [];
  const ids = new UlidIds(clock);
  const tables = openTables(storageAt(lane.tables.connectionString), tablePrefix, ids);
  const secrets = new KeyVaultSecrets({ credential, emulated: true });
  const arm = { credential, armEndpoint: emulators.armUrl, armScope: "https://management.azure.com/.default" };
  const ports: Ports = {
    clock,
    ids,
    secrets,
    batch: new AzureBatchKeys({ ...arm, clock: passingClock(clock) }),
    permissions: new ArmPermissions(arm),
    auditLog: new AzureAuditLog({
      credential,
      logEndpoint: emulators.logs.url,
      logScope: "https://api.loganalytics.io/.default",
      workspaceId: emulators.logs.workspaceId,
    }),
    rotations: new RotationTable(tables.rotations),
    ticks: new TickNotesTable(tables.rotations),
    notices: new NoticeTable(tables.rotations),
    fleet: new FleetTable(tables.rotations, clock),
    formSecret: new FormSecretTable(tables.rotations),
    signals: new SignalTable(tables.signals),
    history: new HistoryTable(tables.history),
    health: new FetchHealthChecks(),
    alerts: noWebhook,
    log: { write: (level, line) => logged.push(JSON.stringify({ level, ...line })) },
  };
  const looking = place === undefined ? null : new Looking({ lane, arm, tables, ports, place });
  const platformPorts = {
    ...ports,
    appServices: new AzureAppServices(arm),
    containerApps: new AzureContainerApps(arm),
    dataFactories: new AzureDataFactories(arm, () => clock.now()),
  };
  const lookers = lookersOf(platformPorts, platformSyncMs);
  const app = anApp({ accounts, emulated: true, limits, lookers, ...partsOf(ports, looking) });
  return { app, logged, looking };
};

/** As `compose.ts` has it: no regenerate is sent with tags that have changed. */
const partsOf = (ports: Ports, looking: Looking | null) =>
  looking === null
    ? { ports }
    : {
        ports: { ...ports, batch: withCurrentTags(ports.batch, (...asked) => looking.isCurrent(...asked)) },
        directory: looking,
      };

/** Creates a Batch account and its configuration; there is no secret yet. */
export const placeAccount = ({ emulators, vault }: Lane, name: string, story: Story = "alternate"): AccountConfig => {
  const { resourceId, subscriptionId, resourceGroup } = emulators.batch.addAccount({ name });
  emulators.batch.setContent(name, { jobs: [{ id: "nightly" }], tasks: { nightly: [{ id: "part-1" }] } });
  return anAccount({
    name,
    batch: { resourceId, subscriptionId, resourceGroup, accountName: name },
    secret: { vaultUrl: vault.url, name: `${name}-key` },
    settleOn: story === "primary" ? story : "alternate",
    gate: {
      consumers: story === "platforms" ? platformConsumers(name) : [aConsumer({ proof: "required" })],
      soakMs: 0,
    },
  });
};
