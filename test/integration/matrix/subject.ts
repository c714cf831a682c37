import type { TokenCredential } from "@azure/identity";
import { noWebhook } from "../../../lib/alarms/webhook";
import type { App } from "../../../lib/app";
import { limits } from "../../fakes/limits";
import { AzureBatchKeys } from "../../../lib/azure/batch/batch-keys";
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
import type { Ports } from "../../../lib/ports";
import { readersLooker } from "../../../lib/sights/readers-looker";
import { anApp } from "../../builders/app";
import type { Lane } from "./lane";

export type SettleOn = AccountConfig["settleOn"];

/** The app on the real adapters in a new process, for one account without a record. */
export interface Subject {
  readonly app: App;
  readonly config: AccountConfig;
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
  readonly settleOn: SettleOn;
  /** Unique for all runs on the same Azurite. */
  readonly number: number;
}

export const storageAt = (connectionString: string): TableStorage => ({
  kind: "connectionString",
  connectionString,
  allowInsecureConnection: true,
});

export const makeSubject = ({ lane, credential, settleOn, number }: SubjectOptions): Subject => {
  const tablePrefix = `Run${number}`;
  const config = placeAccount(lane, `batch${number}`, settleOn);
  return {
    ...makeApp({ lane, credential, tablePrefix, accounts: [config] }),
    config,
    batchAccount: config.name,
    tablePrefix,
  };
};

export interface AppOptions {
  readonly lane: Lane;
  readonly credential: TokenCredential;
  readonly tablePrefix: string;
  readonly accounts: readonly AccountConfig[];
}

/** The app on the real adapters, and its log. */
export const makeApp = ({ lane, credential, tablePrefix, accounts }: AppOptions): Pick<Subject, "app" | "logged"> => {
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
  const app = anApp({ accounts, emulated: true, limits, ports, lookers: readersLooker(ports) });
  return { app, logged };
};

/** Creates a Batch account and its configuration; there is no secret yet. */
export const placeAccount = (
  { emulators, vault }: Lane,
  name: string,
  settleOn: SettleOn = "alternate",
): AccountConfig => {
  const { resourceId, subscriptionId, resourceGroup } = emulators.batch.addAccount({ name });
  emulators.batch.setContent(name, { jobs: [{ id: "nightly" }], tasks: { nightly: [{ id: "part-1" }] } });
  return anAccount({
    name,
    batch: { resourceId, subscriptionId, resourceGroup, accountName: name },
    secret: { vaultUrl: vault.url, name: `${name}-key` },
    settleOn,
    gate: { consumers: [aConsumer({ proof: "required" })], soakMs: 0 },
  });
};
