import { configurationHash } from "../../../lib/rotation/configuration-hash";
import { readSettings } from "../../../lib/config/settings/settings";
import { noFleetLimits } from "../../../lib/rotation/fleet/fleet-config";

const accountsOf = (accounts: readonly object[]) => {
  const env = {
    AzureWebJobsStorage__accountName: "rotator",
    ROTATION_VAULT_URL: "https://keys.vault.azure.net",
    ROTATION_ACCOUNTS: JSON.stringify({ defaults: { gate: { consumers: [{ name: "render-api" }] } }, accounts }),
  };
  return readSettings(env, { read: () => "" }).accounts;
};

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
});
