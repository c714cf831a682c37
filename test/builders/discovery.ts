import { readSettings } from "../../lib/config/settings/settings";
import type { DiscoveryConfig, Profiles } from "../../lib/rotation/discovery/discovery-config";

const configuration = {
  profiles: {
    standard: {
      secret: { vaultUrl: "https://render.vault.azure.net", name: "{account}-batch-key" },
      gate: { soak: "PT0S" },
    },
    shared: { secret: { vaultUrl: "https://render.vault.azure.net", name: "same-{location}-{account}" } },
  },
  discovery: { scope: { subscriptions: ["00000000-0000-4000-8000-000000000001"] } },
};

/** Accounts are found by the tags of the contract; a tag names their consumers. */
export const aDiscovery = (): { readonly config: DiscoveryConfig; readonly profiles: Profiles } => {
  const { discovery, profiles } = readSettings(
    { AzureWebJobsStorage__accountName: "rotations", ROTATION_ACCOUNTS: JSON.stringify(configuration) },
    { read: () => "" },
  );
  if (discovery === null) throw new Error("the configuration has no discovery");
  return { config: discovery, profiles };
};

export const tagged = (consumers: string | null = "render-api", profile = "standard"): Record<string, string> => ({
  "batch-key-rotator": profile,
  ...(consumers === null ? {} : { "batch-key-consumers": consumers }),
});
