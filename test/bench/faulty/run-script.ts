import { BatchManagementClient } from "@azure/arm-batch";
import { SecretClient } from "@azure/keyvault-secrets";
import { hours } from "../../builders/time";
import { rotateAccount } from "../baseline/rotate-account";
import { accounts, type Outcome, type Stage, stepMs } from "./stage";

/** How long people let such a script wait. */
const fixedWaitMs = hours(1);

/** The script, run `rounds` times over all accounts. An account whose run fails is left until the next round. */
export const runScript = async (stage: Stage, rounds: number, stop: AbortSignal): Promise<Outcome> => {
  const list = stage.place("script");
  const apps = stage.apps(list);
  const { armUrl } = stage.emulators;
  const batch = new BatchManagementClient(stage.credential, stage.emulators.subscriptionId, {
    endpoint: armUrl,
    credentialScopes: ["https://management.azure.com/.default"],
  });
  const secrets = new SecretClient(stage.vault.url, stage.credential, { disableChallengeResourceVerification: true });
  const wait = async (): Promise<void> => {
    for (let waited = 0; waited < fixedWaitMs; waited += stepMs) stage.passed(apps);
  };
  let completed = 0;
  for (let round = 0; round < rounds; round++) {
    for (const account of list) {
      stop.throwIfAborted();
      await rotateAccount({ batch, secrets }, account, wait).then(
        () => (completed += 1),
        () => undefined,
      );
    }
  }
  for (let after = 0; after < hours(12); after += stepMs) stage.passed(apps);
  return { rotations: rounds * accounts, completed, refused: apps.refused, answered: apps.answered };
};
