import type { Emulators } from "../emulators/emulators";
import type { Vault } from "../emulators/vault";
import { platformConsumers } from "./platform-consumers";

/** One of the accounts that rotate here, with its story. */
export interface AccountPlan {
  /** Its name in the rotator. */
  readonly name: string;
  readonly batchAccountName: string;
  readonly story: string;
  /** The age of the primary key in the vault; null for no secret yet. */
  readonly keyAgeDays: number | null;
  /** Rotated on demand, because no rotation is due. */
  readonly onDemand: boolean;
  readonly config: { readonly rotateEvery: string; readonly settleOn?: "alternate" | "primary" };
  /** Its only consumers are apps on platforms, which have no code for the rotator. */
  readonly onPlatforms?: boolean;
}

export const accountPlans: readonly AccountPlan[] = [
  {
    name: "render",
    batchAccountName: "renderweu",
    story: "its key is 61 days old, so a rotation is due after its adoption",
    keyAgeDays: 61,
    onDemand: false,
    config: { rotateEvery: "P60D" },
  },
  {
    name: "nightly",
    batchAccountName: "nightlyweu",
    story: "has no secret in the vault yet; is rotated on demand over HTTP",
    keyAgeDays: null,
    onDemand: true,
    config: { rotateEvery: "P60D" },
  },
  {
    name: "archive",
    batchAccountName: "archiveweu",
    story: "its key is 61 days old; moves back to the primary key at the end",
    keyAgeDays: 61,
    onDemand: false,
    config: { rotateEvery: "P60D", settleOn: "primary" },
  },
  {
    name: "hosted",
    batchAccountName: "hostedweu",
    story: "used by an app of App Service and a Container App, with no code in either",
    keyAgeDays: 61,
    onDemand: false,
    config: { rotateEvery: "P60D" },
    onPlatforms: true,
  },
];

/** The account's data for a consumer. */
export interface ConsumerAccount {
  readonly account: string;
  readonly batchAccountName: string;
  readonly dataPlaneHost: string;
  readonly vaultUrl: string;
  readonly secretName: string;
}

export interface PlacedAccount {
  readonly consumer: ConsumerAccount;
  readonly vault: Vault;
  readonly plan: AccountPlan;
  /** Its entry in `ROTATION_ACCOUNTS`. */
  readonly configured: object;
}

const dayMs = 86_400_000;

/** Creates the Batch account and its vault. */
export const placeAccount = async (plan: AccountPlan, emulators: Emulators): Promise<PlacedAccount> => {
  const { resourceId, accountEndpoint } = emulators.batch.addAccount({ name: plan.batchAccountName });
  const vault = await emulators.addVault(`${plan.batchAccountName}-vault`);
  const secretName = `${plan.batchAccountName}-batch-key`;
  if (plan.keyAgeDays !== null) {
    vault.seed(secretName, {
      value: emulators.batch.keys(plan.batchAccountName).primary,
      createdOn: new Date(Date.now() - plan.keyAgeDays * dayMs),
    });
  }
  const secret = { vaultUrl: vault.url, name: secretName };
  const gate = plan.onPlatforms === true ? { gate: { consumers: platformConsumers } } : {};
  return {
    vault,
    plan,
    consumer: {
      account: plan.name,
      batchAccountName: plan.batchAccountName,
      dataPlaneHost: accountEndpoint,
      vaultUrl: vault.url,
      secretName,
    },
    configured: { name: plan.name, resourceId, secret, ...plan.config, ...gate },
  };
};
