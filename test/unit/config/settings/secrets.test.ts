import type { Environment } from "../../../../lib/config/settings/reader";
import { accountOf, anAccount, emulated, problemsOf, settingsOf, withConfiguration } from "../builders";

const vaultId = (name: string): string =>
  `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/keys/providers/Microsoft.KeyVault/vaults/${name}`;
const shared = { ROTATION_VAULT_URL: "https://Shared-Keys.vault.azure.net/" } as const;

const problemsWith = (secret: unknown, env: Environment = {}) =>
  problemsOf(withConfiguration({ accounts: [anAccount({ secret })] }, env)).map(({ at, problem }) => [
    at.replace("ROTATION_ACCOUNTS/accounts/0", ""),
    problem,
  ]);

describe("the secret of an account", () => {
  it.each([
    ["no secret", undefined, { vaultUrl: "https://shared-keys.vault.azure.net", name: "render1-batch-key" }],
    ["its name", { name: "key" }, { vaultUrl: "https://shared-keys.vault.azure.net", name: "key" }],
    [
      "another vault",
      { vaultUrl: "https://own.vault.azure.net" },
      { vaultUrl: "https://own.vault.azure.net", name: "render1-batch-key" },
    ],
    [
      "another vault's id",
      { vaultResourceId: vaultId("Own") },
      { vaultUrl: "https://own.vault.azure.net", name: "render1-batch-key" },
    ],
    [
      "one vault twice",
      { vaultResourceId: vaultId("Own"), vaultUrl: "https://OWN.vault.azure.net", name: "key" },
      { vaultUrl: "https://own.vault.azure.net", name: "key" },
    ],
  ])("is completed from ROTATION_VAULT_URL and the Batch account: %s", (_what, secret, expected) => {
    expect(accountOf({ secret }, shared).secret).toEqual(expected);
  });

  it("needs no ROTATION_VAULT_URL where it names its vault", () => {
    const vaultUrl = "https://own.vault.azure.net";
    expect(accountOf({ secret: { vaultUrl } }).secret).toEqual({ vaultUrl, name: "render1-batch-key" });
    expect(accountOf({ secret: { vaultResourceId: vaultId("own") } }).secret.vaultUrl).toBe(vaultUrl);
  });

  it("is in the cloud of the settings", () => {
    const secret = { vaultResourceId: vaultId("own") };
    expect(accountOf({ secret }, { ROTATION_CLOUD: "AzureChina" }).secret.vaultUrl).toBe("https://own.vault.azure.cn");
  });

  it("is not reported where only the cloud is wrong", () => {
    const secret = { vaultResourceId: vaultId("own") };
    const env = withConfiguration({ accounts: [anAccount({ secret })] }, { ROTATION_CLOUD: "Mars" });
    expect(problemsOf(env).map(({ at }) => at)).toEqual(["ROTATION_CLOUD"]);
  });

  it.each([
    ["no secret", undefined, "/secret", "is missing: give an object with vaultUrl and name, or set ROTATION_VAULT_URL"],
    ["no vault", {}, "/secret/vaultUrl", "is missing: give the address of a vault, or set ROTATION_VAULT_URL"],
    [
      "the id of another resource",
      { vaultResourceId: vaultId("own").replace("KeyVault/vaults", "Storage/storageAccounts") },
      "/secret/vaultResourceId",
      "must be the resource id of a vault: " +
        "/subscriptions/<guid>/resourceGroups/<group>/providers/Microsoft.KeyVault/vaults/<name>",
    ],
    [
      "two vaults",
      { vaultResourceId: vaultId("own"), vaultUrl: "https://other.vault.azure.net" },
      "/secret/vaultUrl",
      "is not the vault of vaultResourceId: remove one of them",
    ],
  ])("is refused with %s", (_what, secret, place, problem) => {
    expect(problemsWith(secret)).toEqual([[place, problem]]);
  });

  it("is shared by two Batch accounts of one name, unless one of them is given another secret", () => {
    const elsewhere = { resourceId: vaultId("x").replace("KeyVault/vaults/x", "Batch/batchAccounts/render1") };
    const accounts = (changes: object) => [
      anAccount({ secret: undefined }),
      anAccount({ secret: undefined, name: "second", ...elsewhere, ...changes }),
    ];
    expect(problemsOf(withConfiguration({ accounts: accounts({}) }, shared))).toEqual([
      {
        at: "ROTATION_ACCOUNTS/accounts/1/secret",
        problem: "is the same secret as that of accounts/0: give each account a secret of its own",
      },
    ]);
    const apart = withConfiguration({ accounts: accounts({ secret: { name: "second-key" } }) }, shared);
    expect(settingsOf(apart).accounts).toHaveLength(2);
  });
});

describe("ROTATION_VAULT_URL", () => {
  it.each(["http://keys.vault.azure.net", "https://keys.vault.azure.net/secrets", "https://keys.example.com", "keys"])(
    "refuses %s",
    (value) => {
      expect(problemsOf(withConfiguration({ accounts: [anAccount()] }, { ROTATION_VAULT_URL: value }))).toEqual([
        {
          at: "ROTATION_VAULT_URL",
          problem: "must be the address of a vault, https://<vault>.vault.azure.net, without path",
        },
      ]);
    },
  );

  it.each(["keys", "@Microsoft.KeyVault(SecretUri=https://keys.vault.azure.net/secrets/vault/)"])(
    "is reported once, not for each account that relies on it: %s",
    (value) => {
      const accounts = [1, 2].map((number) => anAccount({ secret: undefined }, number));
      const places = problemsOf(withConfiguration({ accounts }, { ROTATION_VAULT_URL: value })).map(({ at }) => at);
      expect(places).toEqual(["ROTATION_VAULT_URL"]);
    },
  );

  it("may be an emulator where emulators are accepted", () => {
    const env = { ...emulated, ROTATION_VAULT_URL: "https://localhost:8443" };
    expect(accountOf({ secret: undefined }, env).secret.vaultUrl).toBe("https://localhost:8443");
  });
});
