import type { TokenCredential } from "@azure/identity";
import { AzureBatchKeys } from "../../../lib/azure/batch/batch-keys";
import { createCredential } from "../../../lib/azure/sdk/credential";
import { KeyVaultSecrets } from "../../../lib/azure/key-vault/key-vault-secrets";
import { systemClock } from "../../../lib/system";
import type { BatchAccountRef } from "../../../lib/rotation/account-config";
import { type Emulators, startEmulators } from "../../emulators/emulators";

export interface EmulatedWorld {
  readonly emulators: Emulators;
  readonly credential: TokenCredential;
  readonly batch: AzureBatchKeys;
  /** The adapters of a new process, whose clients have not called a vault yet. */
  newSecrets(): KeyVaultSecrets;
  newBatch(): AzureBatchKeys;
  addAccount(): BatchAccountRef;
  close(): Promise<void>;
}

/** The adapters on emulators, with tokens of the emulated identity. One per process: MSAL keeps the endpoint. */
export const openEmulatedWorld = async (): Promise<EmulatedWorld> => {
  const emulators = await startEmulators();
  Object.assign(process.env, emulators.env);
  const authorityHost = "https://login.microsoftonline.com";
  const credential = createCredential({ env: emulators.env, clientId: null, authorityHost });
  const armScope = "https://management.azure.com/.default";
  const newBatch = () =>
    new AzureBatchKeys({ credential, armEndpoint: emulators.armUrl, armScope, clock: systemClock });
  let accounts = 0;
  return {
    emulators,
    credential,
    batch: newBatch(),
    newBatch,
    newSecrets: () => new KeyVaultSecrets({ credential, emulated: true }),
    addAccount: () => {
      const { name, resourceId, resourceGroup, subscriptionId } = emulators.batch.addAccount({
        name: `account${(accounts += 1)}`,
      });
      return { resourceId, resourceGroup, subscriptionId, accountName: name };
    },
    close: () => emulators.close(),
  };
};
