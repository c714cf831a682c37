import type { AccountConfig, ConsumerConfig, PlatformConfig } from "../../../lib/rotation/account-config";
import { aConsumer } from "../../builders/account";
import { minutes } from "../../builders/time";
import { EmulatedAppService } from "../../emulators/platforms/app-service";
import { EmulatedContainerApp, type HeldSecret } from "../../emulators/platforms/container-app";
import { EmulatedDataFactory } from "../../emulators/platforms/data-factory";
import type { Held, KeyUsers } from "./key-users";
import type { Lane } from "./lane";

/** The consumers of an account without any code for the rotator; they have these names. */
export const platformParts = ["site", "containerApp", "factory"] as const;
export type PlatformPart = (typeof platformParts)[number];

/** In lower case. */
export const resourceName = (batchAccount: string, part: PlatformPart): string =>
  `${batchAccount}-${part}`.toLowerCase();

const group = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/render/providers";
const types = {
  site: "Microsoft.Web/sites",
  containerApp: "Microsoft.App/containerApps",
  factory: "Microsoft.DataFactory/factories",
} as const satisfies Record<PlatformPart, string>;
const linkedService = "AzureBatch1";
const setting = "AZURE_BATCH_ACCOUNT_KEY";

const idOf = (batchAccount: string, part: PlatformPart): string =>
  `${group}/${types[part]}/${resourceName(batchAccount, part)}`;

const platformOf = (batchAccount: string, part: PlatformPart): PlatformConfig => {
  const resourceId = idOf(batchAccount, part);
  if (part === "site") return { kind: "appService", resourceId, refresh: true, restart: true };
  return part === "factory" ? { kind: "dataFactory", resourceId, linkedService } : { kind: "containerApp", resourceId };
};

export const platformConsumers = (batchAccount: string): readonly ConsumerConfig[] =>
  platformParts.map((part) => aConsumer({ name: part, platform: platformOf(batchAccount, part) }));

export const isOnPlatforms = ({ gate }: AccountConfig): boolean =>
  gate.consumers.some(({ platform }) => platform !== null);

/** Container Apps reads the vault every half an hour on Azure. The rotator waits for a minute more. */
const syncEveryMs = minutes(2);
export const platformSyncMs = minutes(3);
const activityMs = minutes(1);

/**
 * An app of App Service, a Container App and a Data Factory whose activities follow each other. What their platforms do
 * by themselves comes with the first request after it is due.
 */
export class PlatformApps implements KeyUsers {
  readonly isQuiet = true;
  readonly #site: EmulatedAppService;
  readonly #app: EmulatedContainerApp;
  readonly #factory: EmulatedDataFactory;
  #syncedAt = 0;
  #activityAt = 0;
  #names = 0;

  constructor(
    private readonly lane: Lane,
    private readonly config: AccountConfig,
  ) {
    const now = () => lane.clock.now();
    const createName = () => `i${(this.#names += 1)}`;
    const readVault = () => this.#newest();
    const fetch = () => {
      const found = this.#newest();
      return found === null ? ({ status: "SecretNotFound" } as const) : ({ status: "Resolved", ...found } as const);
    };
    this.#site = new EmulatedAppService({ now, createName, fetch });
    this.#app = new EmulatedContainerApp({ now, createName, readVault });
    this.#factory = new EmulatedDataFactory({ now, createId: createName, readVault });
    this.#place();
  }

  get holds(): readonly Held[] {
    this.#passTime();
    const inSite = this.#site.instances.flatMap(({ held }) => held.get(setting) ?? []);
    const secrets: readonly (HeldSecret | null)[] = [
      ...inSite.map((found) => (found.status === "Resolved" ? found : null)),
      ...this.#app.replicas.map(({ held }) => held),
      ...this.#factory.runs.flatMap(({ activities }) =>
        activities.filter(({ endsAt }) => endsAt === null).map(({ held }) => held),
      ),
    ];
    return secrets.flatMap((held) => (held === null ? [] : [{ version: held.version, key: held.value }]));
  }

  hasMovedTo(version: string): boolean {
    return this.holds.every((held) => held.version === version);
  }

  refresh(): void {
    this.#passTime();
  }

  signal(): Promise<unknown> {
    return Promise.resolve(null);
  }

  #place(): void {
    const { batch, secret } = this.config;
    const { appServices, containerApps, dataFactories } = this.lane.emulators.platforms;
    const address = `${secret.vaultUrl}/secrets/${secret.name}`;
    this.#site.configure(setting, `@Microsoft.KeyVault(SecretUri=${address})`);
    const key = { kind: "reference", store: "Vault1", secretName: secret.name } as const;
    this.#factory.linkedServices.set(linkedService, { accountName: batch.accountName, key });
    this.#factory.vaults.set("Vault1", secret.vaultUrl);
    appServices.add(idOf(batch.accountName, "site"), this.#site);
    containerApps.add(idOf(batch.accountName, "containerApp"), this.#app, { secretName: "key", keyVaultUrl: address });
    dataFactories.add(idOf(batch.accountName, "factory"), this.#factory);
  }

  #newest(): HeldSecret | null {
    const newest = this.lane.vault.newest(this.config.secret.name);
    return newest === null || !newest.enabled ? null : newest;
  }

  #passTime(): void {
    if (this.#newest() === null) return;
    const now = this.lane.clock.now().getTime();
    if (now - this.#syncedAt >= syncEveryMs) {
      this.#syncedAt = now;
      this.#app.sync();
      if (this.#app.revisions.length === 0) this.#app.deploy("one", "environment", 1);
    }
    if (now - this.#activityAt < activityMs) return;
    this.#activityAt = now;
    for (const run of this.#factory.runs.splice(0)) this.#factory.end(run);
    this.#factory.startActivity(this.#factory.startRun(), "render", linkedService);
  }
}
