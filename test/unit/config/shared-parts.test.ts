import { configurationHash } from "../../../lib/rotation/configuration-hash";
import { readSettings } from "../../../lib/config/settings/settings";
import { accountLoader } from "../../../lib/config/load-accounts";
import { noFleetLimits } from "../../../lib/rotation/fleet/fleet-config";
import { anAccount, batchId, problemsOf, withConfiguration } from "./builders";

const accountsOf = (accounts: readonly object[]) => {
  const env = {
    AzureWebJobsStorage__accountName: "rotator",
    ROTATION_VAULT_URL: "https://keys.vault.azure.net",
    ROTATION_ACCOUNTS: JSON.stringify({ defaults: { gate: { consumers: [{ name: "render-api" }] } }, accounts }),
  };
  return readSettings(env, { read: () => "" }).accounts;
};

const vaultUrl = "https://keys.vault.azure.net";
const group = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg";
const idOf = (name: string): string => `${group}/providers/Microsoft.Batch/batchAccounts/${name}`;

describe("listed accounts", () => {
  it("share what is the same in all of them, and have their own identity", () => {
    const [one, other, paused] = accountsOf([
      { resourceId: idOf("one") },
      { resourceId: idOf("other"), name: "second", secret: { name: "a-name" } },
      { resourceId: idOf("paused"), paused: true },
    ]);
    expect(other?.gate).toBe(one?.gate);
    expect(one).toMatchObject({ name: "one", paused: false, secret: { name: "one-batch-key" } });
    expect(other).toMatchObject({ name: "second", batch: { accountName: "other" }, secret: { name: "a-name" } });
    expect(paused).toMatchObject({ name: "paused", paused: true, rotateEveryMs: one?.rotateEveryMs });
  });

  it("have the hash that they would have alone", () => {
    const alone = accountsOf([{ resourceId: idOf("two") }])[0];
    const [, beside] = accountsOf([{ resourceId: idOf("one") }, { resourceId: idOf("two") }]);
    const hashes = [alone, beside].map((settings) =>
      settings === undefined
        ? ""
        : configurationHash({ ...settings, loadedAt: "2026-11-01T00:00:00.000Z", fleet: noFleetLimits }),
    );
    expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(hashes[1]).toBe(hashes[0]);
  });

  it("inherit what is the same in all of them once they are loaded, and nothing that differs", () => {
    const loadedAt = "2026-11-01T00:00:00.000Z";
    const load = accountLoader({ loadedAt, fleet: noFleetLimits });
    const settings = accountsOf([{ resourceId: idOf("one") }, { resourceId: idOf("other") }]);
    const [one, other] = settings.map(load);
    expect(Object.keys(one ?? {})).toEqual(["name", "batch", "secret"]);
    expect(Object.getPrototypeOf(other)).toBe(Object.getPrototypeOf(one));
    expect(other).toMatchObject({ ...settings[1], loadedAt, fleet: noFleetLimits });
    const [plain] = settings;
    if (plain === undefined || one === undefined) throw new Error("there is no account");
    expect(load({ ...plain, paused: true }).paused).toBe(true);
    expect(load(plain).paused).toBe(false);
    expect(configurationHash(one)).toBe(configurationHash({ ...plain, loadedAt, fleet: noFleetLimits }));
  });

  it.each([
    ["a wrong name", { name: "A" }, "name"],
    ["a wrong resource id", { resourceId: "/subscriptions/1" }, "resourceId"],
    ["a wrong secret", { secret: { vaultUrl, name: "a_b" } }, "secret/name"],
    ["an unknown member of the secret", { secret: { vaultUrl, nmae: "a" } }, "secret/nmae"],
    [
      "a secret in two vaults",
      {
        secret: {
          vaultUrl,
          vaultResourceId: `${group}/providers/Microsoft.KeyVault/vaults/others`,
          name: "a",
        },
      },
      "secret/vaultUrl",
    ],
    ["a wrong member of its own", { rotateEvery: "P0D" }, "rotateEvery"],
  ])("are checked one by one: of many that are right, the one with %s is reported", (_what, wrong, member) => {
    const accounts = [1, 2, 3, 4].map((index) => anAccount({}, index));
    const one = { ...anAccount({}, 5), ...wrong };
    const problems = problemsOf(withConfiguration({ accounts: [...accounts, one, anAccount({}, 6)] }));
    expect(problems.map(({ at }) => at)).toEqual([`ROTATION_ACCOUNTS/accounts/4/${member}`]);
  });

  it("are compared with each other: the later of two with the same id or secret is reported", () => {
    const secret = { vaultUrl, name: "A-SECRET" };
    const accounts = [
      anAccount({ name: "one" }, 1),
      anAccount({ name: "two", secret: { ...secret, name: "a-secret" } }, 2),
      anAccount({ name: "three", resourceId: batchId(1).toUpperCase().replace("BATCHACCOUNTS", "batchAccounts") }, 3),
      anAccount({ name: "four", secret }, 4),
    ];
    expect(problemsOf(withConfiguration({ accounts })).map(({ at }) => at)).toEqual([
      "ROTATION_ACCOUNTS/accounts/2/resourceId",
      "ROTATION_ACCOUNTS/accounts/3/secret",
    ]);
  });
});
