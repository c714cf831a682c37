import { parseReference, refersTo } from "../../../../lib/rotation/platforms/key-vault-reference";

const vault = "https://render.vault.azure.net";
const version = "c55925c29c6743dcb9bb4bf091be03b0";

test.each([
  [`@Microsoft.KeyVault(SecretUri=${vault}/secrets/batch-key)`, { vault, secret: "batch-key", version: null }],
  [`@Microsoft.KeyVault(SecretUri=${vault}/secrets/batch-key/)`, { vault, secret: "batch-key", version: null }],
  [`@Microsoft.KeyVault(SecretUri=${vault}/secrets/batch-key/${version})`, { vault, secret: "batch-key", version }],
  [
    `@Microsoft.KeyVault(SecretUri=${vault}/secrets/batch-key;SecretVersion=${version})`,
    { vault, secret: "batch-key", version },
  ],
  [`@microsoft.keyvault( secreturi = ${vault}/secrets/a )`, { vault, secret: "a", version: null }],
  [
    "@Microsoft.KeyVault(VaultName=render;SecretName=batch-key)",
    { vault: "render", secret: "batch-key", version: null },
  ],
  [
    "@Microsoft.KeyVault(SecretName=a;VaultName=render;SecretVersion=)",
    { vault: "render", secret: "a", version: null },
  ],
  [
    `@Microsoft.KeyVault(VaultName=render;SecretName=a;SecretVersion=${version})`,
    { vault: "render", secret: "a", version },
  ],
])("%s is read", (text, parsed) => {
  expect(parseReference(text)).toEqual(parsed);
});

test.each([
  "",
  "a key",
  "@Microsoft.KeyVault()",
  "@Microsoft.KeyVault(VaultName=render)",
  "@Microsoft.KeyVault(SecretName=a)",
  `@Microsoft.KeyVault(SecretUri=${vault}/keys/a)`,
  `@Microsoft.KeyVault(SecretUri=http://render.vault.azure.net/secrets/a)`,
  `@Microsoft.AppConfiguration(SecretUri=${vault}/secrets/a)`,
])("%s is no reference that can be read", (text) => {
  expect(parseReference(text)).toBeNull();
});

test.each([
  [{ vault, secret: "Batch-Key" }, true],
  [{ vault: "RENDER", secret: "batch-key" }, true],
  [{ vault: "https://RENDER.vault.azure.net", secret: "batch-key" }, true],
  [{ vault, secret: "batch-key-2" }, false],
  [{ vault: "https://render2.vault.azure.net", secret: "batch-key" }, false],
  [{ vault: "render2", secret: "batch-key" }, false],
])("%j refers to the secret: %s", (reference, refers) => {
  expect(refersTo(reference, { vaultUrl: vault, name: "batch-key" })).toBe(refers);
});
