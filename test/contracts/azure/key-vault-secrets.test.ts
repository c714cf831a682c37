import { secretPublisherContract } from "../suites/secret-publisher-suite";
import { openEmulatedWorld } from "./emulated-world";

const actions = { get: "getSecret/action", set: "setSecret/action", update: "update/action" } as const;

secretPublisherContract("Key Vault", async () => {
  const world = await openEmulatedWorld();
  const vault = await world.emulators.addVault("contracts");
  let secrets = 0;
  return {
    secrets: world.newSecrets(),
    newSecret: () => ({ vaultUrl: vault.url, name: `secret-${(secrets += 1)}` }),
    versions: ({ name }) =>
      vault.versions(name).map(({ version, value, enabled, contentType, tags, expiresOn }) => ({
        version,
        value,
        enabled,
        contentType,
        tags,
        expiresAt: expiresOn?.toISOString() ?? null,
      })),
    seed: ({ name }, value, attributes = {}) => vault.seed(name, { value, ...attributes }),
    disable: ({ name }, version) => vault.disable(name, version),
    delete: ({ name }) => vault.delete(name),
    deny: (action) => vault.deny(actions[action]),
    allow: (action) => vault.allow(actions[action]),
    close: () => world.close(),
  };
});
