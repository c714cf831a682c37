import { lostWorkQueueName, workQueueName } from "../../../../lib/config/settings/table-prefix";

describe("the queue of the work", () => {
  it.each([
    ["no prefix", {}, "batchkey-work"],
    ["a prefix", { ROTATION_TABLE_PREFIX: "MyFleet7" }, "myfleet7-work"],
    ["a wrong prefix, which is reported with the settings", { ROTATION_TABLE_PREFIX: "my fleet" }, "batchkey-work"],
    [
      "a reference that the platform has not resolved",
      { ROTATION_TABLE_PREFIX: "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/p)" },
      "batchkey-work",
    ],
  ])("has a name that the host accepts, with %s", (_, env, expected) => {
    expect([workQueueName(env), lostWorkQueueName(env)]).toEqual([expected, `${expected}-poison`]);
  });
});
