import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type BatchAccounts, batchAccounts } from "./batch-accounts";
import { BatchArm } from "./batch-arm";
import { BatchDataPlane } from "./batch-data-plane";
import { BatchStore, resourceIdOf } from "./batch-store";
import { trustInThisProcess, writeCaFile } from "./certificate-authority";
import { EventGrid } from "./event-grid";
import { Faults } from "./faults";
import { type RunningServer, startHttp, startHttps } from "./https-server";
import { Journal } from "./journal";
import { KeyVault } from "./key-vault";
import type { KubernetesApi } from "./kubernetes-api";
import { emulatedWorkspace, LogAnalytics } from "./log-analytics";
import { appServicePath, ManagedIdentity } from "./managed-identity";
import { emulatedObjectId } from "./tokens";
import type { AppServicesProvider } from "./platforms/app-services";
import type { ContainerAppsProvider } from "./platforms/container-apps";
import type { DataFactoriesProvider } from "./platforms/data-factories";
import { type Vault, vaultView } from "./vault";
import { VaultStore } from "./vault-store";
import type { WireService } from "./wire";

/** The identity of all tokens. */
const rotator = { oid: emulatedObjectId, name: "batch-key-rotator", role: "Batch Key Rotator" };

export interface EmulatorOptions {
  /**
   * The clock of the services: key timing, secret times, buckets, and the 15 minutes of the data plane.
   * Tokens use the machine's clock nevertheless, because the SDKs cache them by it.
   */
  readonly now?: () => Date;
  /** Time for which a regenerated key is refused. Milliseconds. */
  readonly newKeyDelayMs?: number;
  /** Time for which a replaced key is still accepted. Milliseconds. */
  readonly oldKeyGraceMs?: number;
  readonly subscriptionId?: string;
}

export interface EmulatedIdentity {
  /** `IDENTITY_ENDPOINT`. An SDK keeps the first one it sees until its process ends. */
  readonly endpoint: string;
  /** `IDENTITY_HEADER`. */
  readonly header: string;
  /** `AZURE_POD_IDENTITY_AUTHORITY_HOST`, for the metadata service's form. */
  readonly imdsHost: string;
  /** Lifetime in seconds of tokens issued from now on (default a day; negative means already expired). */
  setTokenLifetime(seconds: number): void;
}

export interface EmulatedPlatforms {
  readonly appServices: AppServicesProvider;
  readonly containerApps: ContainerAppsProvider;
  readonly dataFactories: DataFactoriesProvider;
  /** Denies a right on their resources, as in a role definition. */
  deny(action: string): void;
  allow(action: string): void;
}

export interface EmulatedLogs {
  /** Base URL of the query API. */
  readonly url: string;
  readonly workspaceId: string;
  readonly service: LogAnalytics;
}

export interface Emulators {
  /** PEM of the test authority and of the previous `NODE_EXTRA_CA_CERTS`. This process trusts it already. */
  readonly caFile: string;
  readonly subscriptionId: string;
  readonly armUrl: string;
  /** `localhost:PORT`, the same for every account. */
  readonly dataPlaneHost: string;
  readonly identity: EmulatedIdentity;
  /** The environment of a child process; use `Object.assign(process.env, env)` in this process. */
  readonly env: Readonly<Record<string, string>>;
  readonly batch: BatchAccounts;
  /** Event Grid; without a subscription it delivers nothing. */
  readonly grid: EventGrid;
  /** Other services behind Resource Manager. */
  readonly platforms: EmulatedPlatforms;
  /** The workspace with the audit log of every vault. */
  readonly logs: EmulatedLogs;
  readonly faults: Faults;
  readonly journal: Journal;
  addVault(name: string): Promise<Vault>;
  /** The API server of a Kubernetes cluster. */
  addKubernetes(api: KubernetesApi): Promise<{ readonly port: number }>;
  /** Stop listening and start again on the same ports with the same state. Connections are ended. */
  restart(): Promise<void>;
  /** Ends all connections and late effects, and removes the authority's file. */
  close(): Promise<void>;
}

/** Starts Resource Manager, the Batch data plane and managed identity, each on a free port; vaults are added later. */
export const startEmulators = async (options: EmulatorOptions = {}): Promise<Emulators> => {
  const {
    now = () => new Date(),
    newKeyDelayMs = 0,
    oldKeyGraceMs = 0,
    subscriptionId = "00000000-0000-4000-8000-000000000001",
  } = options;
  await trustInThisProcess();
  const ca = await writeCaFile();
  const [faults, journal] = [new Faults(), new Journal()];
  const servers: RunningServer[] = [];
  const listen = async (start: typeof startHttps, service: WireService): Promise<string> => {
    const server = await start({ service, faults, journal, now });
    servers.push(server);
    return `localhost:${server.port}`;
  };

  const store = new BatchStore(now, subscriptionId, { newKeyDelayMs, oldKeyGraceMs });
  const dataPlaneHost: string = await listen(startHttps, new BatchDataPlane(store, () => dataPlaneHost));
  const grid = new EventGrid({ now });
  const arm = new BatchArm(
    store,
    () => dataPlaneHost,
    (action, account) => grid.keyOperation(resourceIdOf(account), action, rotator),
  );
  const armUrl = `https://${await listen(startHttps, arm)}`;
  const logService = new LogAnalytics(now);
  const logs = {
    url: `https://${await listen(startHttps, logService)}`,
    workspaceId: emulatedWorkspace,
    service: logService,
  };
  const header = randomUUID();
  let lifetimeSeconds = 24 * 60 * 60;
  const identityHost = await listen(startHttp, new ManagedIdentity({ header, lifetimeSeconds: () => lifetimeSeconds }));
  const identity: EmulatedIdentity = {
    endpoint: `http://${identityHost}${appServicePath}`,
    header,
    imdsHost: `http://${identityHost}`,
    setTokenLifetime: (seconds) => {
      lifetimeSeconds = seconds;
    },
  };

  return {
    caFile: ca.file,
    subscriptionId,
    armUrl,
    dataPlaneHost,
    identity,
    env: {
      IDENTITY_ENDPOINT: identity.endpoint,
      IDENTITY_HEADER: header,
      ROTATION_ARM_ENDPOINT: armUrl,
      ROTATION_LOG_ENDPOINT: logs.url,
      ROTATION_EMULATED: "true",
      NODE_EXTRA_CA_CERTS: ca.file,
      NO_PROXY: [process.env["NO_PROXY"], "localhost", "127.0.0.1"].filter(Boolean).join(","),
    },
    batch: batchAccounts(store, arm, () => dataPlaneHost, grid),
    grid,
    platforms: {
      appServices: arm.appServices,
      containerApps: arm.containerApps,
      dataFactories: arm.dataFactories,
      deny: (action) => arm.denyAction(action),
      allow: (action) => arm.allowAction(action),
    },
    logs,
    faults,
    journal,
    addVault: async (name) => {
      const vaultStore = new VaultStore(now, undefined, (secret, version) => grid.versionAdded(url, secret, version));
      const service = new KeyVault(name, vaultStore, () => url, logService.audit);
      const url: string = `https://${await listen(startHttps, service)}`;
      return vaultView(name, url, vaultStore, service);
    },
    addKubernetes: async (api) => ({ port: Number((await listen(startHttps, api)).split(":")[1]) }),
    restart: async () => {
      await Promise.all(servers.map((server) => server.stop()));
      // Clients must notice the end of idle connections before they reuse them, or each would see one lost answer.
      await wait(20);
      await Promise.all(servers.map((server) => server.start()));
    },
    close: async () => {
      faults.cancelLate();
      await grid.close();
      await Promise.all(servers.map((server) => server.stop()));
      ca.remove();
    },
  };
};
