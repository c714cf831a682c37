import { passingClock } from "../builders/passing-clock";
import { AzureBatchKeys } from "../../lib/azure/batch/batch-keys";
import { AzureAppServices } from "../../lib/azure/platforms/app-services";
import { AzureContainerApps } from "../../lib/azure/platforms/container-apps";
import { AzureDataFactories } from "../../lib/azure/platforms/data-factories";
import { createCredential } from "../../lib/azure/sdk/credential";
import { KeyVaultSecrets } from "../../lib/azure/key-vault/key-vault-secrets";
import { ArmPermissions } from "../../lib/azure/sdk/permissions";
import { lookersOf } from "../../lib/sights/lookers";
import { FetchHealthChecks } from "../../lib/signals/health-client";
import type { AccountConfig } from "../../lib/rotation/account-config";
import type { Slot } from "../../lib/rotation/phases";
import { anAccount } from "../builders/account";
import type { Ports } from "../../lib/ports/ports";
import { type Emulators, startEmulators } from "../emulators/emulators";
import type { Vault } from "../emulators/vault";
import { aWorld, type AccountOptions, type HeldVersion } from "./rig";
import { openRig, Place, type ServedRig } from "./served-place";

/**
 * The real adapters on the emulators, over tables in memory; the app's clock and that of the services is the test's.
 */
export interface EmulatedRig {
  readonly rig: ServedRig;
  readonly emulators: Emulators;
  readonly vault: Vault;
  /** Makes a Batch account and its secret, and configures it. */
  place(options?: AccountOptions): EmulatedPlace;
  close(): Promise<void>;
}

/**
 * One per process: the SDK keeps the first identity endpoint that it sees. `tables` opens the ports of the tables,
 * where they are not in memory.
 */
export const openEmulatedRig = async (
  startsAt?: string,
  tables: (emulators: Emulators) => Promise<Partial<Ports>> = async () => ({}),
): Promise<EmulatedRig> => {
  const world = aWorld(startsAt);
  const { clock } = world;
  const emulators = await startEmulators({ now: () => clock.now() });
  const vault = await emulators.addVault("keys");
  Object.assign(process.env, emulators.env);
  const credential = createCredential({
    env: emulators.env,
    clientId: null,
    authorityHost: "https://login.microsoftonline.com",
  });
  const arm = { credential, armEndpoint: emulators.armUrl, armScope: "https://management.azure.com/.default" };
  const platforms = {
    appServices: new AzureAppServices(arm),
    containerApps: new AzureContainerApps(arm),
    dataFactories: new AzureDataFactories(arm, () => clock.now()),
  };
  const rig = await openRig({
    world,
    lookers: (ports) => lookersOf({ ...ports, ...platforms }),
    ports: {
      batch: new AzureBatchKeys({ ...arm, clock: passingClock(clock) }),
      secrets: new KeyVaultSecrets({ credential, emulated: true }),
      permissions: new ArmPermissions(arm),
      health: new FetchHealthChecks(),
      ...(await tables(emulators)),
    },
  });
  return {
    rig,
    emulators,
    vault,
    place: ({ seed = "primary", ...changes } = {}) => {
      const name = changes.name ?? "render-weu";
      const added = emulators.batch.addAccount({ name: name.replaceAll("-", "") });
      const { resourceId, subscriptionId, resourceGroup } = added;
      const batch = { resourceId, subscriptionId, resourceGroup, accountName: added.name };
      const secret = { vaultUrl: vault.url, name: `${added.name}-batch-key` };
      if (seed !== null) vault.seed(secret.name, { value: emulators.batch.keys(added.name)[seed] });
      const config = anAccount({ name, batch, secret, ...changes });
      rig.deploy([...rig.accounts, config]);
      return new EmulatedPlace(rig, config, emulators, vault);
    },
    close: async () => {
      await emulators.close();
      emulators.journal.assertSound();
    },
  };
};

export class EmulatedPlace extends Place {
  constructor(
    rig: ServedRig,
    config: AccountConfig,
    private readonly emulators: Emulators,
    private readonly vault: Vault,
  ) {
    super(rig, config);
  }

  override versions(): readonly HeldVersion[] {
    return this.vault.versions(this.config.secret.name).map(({ version, value, enabled, createdOn }) => ({
      version,
      value,
      enabled,
      createdAt: createdOn.toISOString(),
    }));
  }

  override mark(tags: Readonly<Record<string, string>>): void {
    this.vault.seed(this.config.secret.name, { value: this.newest().value, tags });
  }

  override keys(): Readonly<Record<Slot, string>> {
    return this.emulators.batch.keys(this.config.batch.accountName);
  }

  override accepts(key: string): boolean {
    return this.emulators.batch.accepts(this.config.batch.accountName, key);
  }
}
