import type { BatchManagementClient } from "@azure/arm-batch";
import type { SecretClient } from "@azure/keyvault-secrets";

/**
 * The script that people write from https://learn.microsoft.com/azure/batch/account-key-rotation today: the clients of
 * the SDKs with their default options, one account after another, and a fixed wait in which the apps are hoped to have
 * read the new key. Step 1, that the apps use the primary key, is where it starts and where it ends.
 */
export const rotateAccount = async (
  clients: { readonly batch: BatchManagementClient; readonly secrets: SecretClient },
  account: { readonly resourceGroup: string; readonly name: string; readonly secretName: string },
  wait: () => Promise<void>,
): Promise<void> => {
  const { batchAccountOperations: accounts } = clients.batch;
  // Step 2: regenerate the secondary key.
  const second = await accounts.regenerateKey(account.resourceGroup, account.name, { keyName: "Secondary" });
  // Step 3: update the apps to use it.
  await clients.secrets.setSecret(account.secretName, second.secondary ?? "");
  await wait();
  // Step 4: regenerate the primary key.
  const first = await accounts.regenerateKey(account.resourceGroup, account.name, { keyName: "Primary" });
  // Step 5, which makes the next run the same as this one: update the apps to use the primary key.
  await clients.secrets.setSecret(account.secretName, first.primary ?? "");
};
