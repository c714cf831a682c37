import { firstRecord, isFor } from "../../../lib/rotation/first-record";
import { anAccount } from "../../builders/account";
import { aRecord } from "../../builders/record";
import { when } from "../../builders/time";

test("the first record of an account starts an adoption of the configured account and secret", () => {
  const config = anAccount();
  expect(firstRecord(config, when("10:00"))).toMatchObject({
    account: "render-weu",
    resourceId: config.batch.resourceId,
    secret: { vaultUrl: "https://render.vault.azure.net", name: "renderweu-batch-key" },
    accountEndpoint: null,
    state: { phase: "adopting", active: null, approval: null },
    phaseClock: { since: "2026-11-24T10:00:00.000Z", pausedSince: null, pausedMs: 0 },
    pause: null,
    claim: null,
    quarantine: null,
    failure: null,
    hold: null,
    reconciledAt: null,
    lastRotation: null,
    chain: { sequence: 0 },
    publishing: { outbox: [], announcedThrough: 0 },
  });
});

describe("a record is for an account", () => {
  const { batch, secret } = anAccount();

  it.each([
    ["with its Batch account in other case, as Azure compares", { resourceId: batch.resourceId.toUpperCase() }, true],
    ["its vault in other case", { secret: { vaultUrl: "HTTPS://RENDER.vault.azure.net", name: secret.name } }, true],
    ["with its secret in other case", { secret: { ...secret, name: "RenderWeu-Batch-Key" } }, true],
    ["but not with another Batch account", { resourceId: `${batch.resourceId}2` }, false],
    ["but not with another vault", { secret: { ...secret, vaultUrl: "https://other.vault.azure.net" } }, false],
    ["but not with another secret", { secret: { ...secret, name: "other" } }, false],
  ])("%s", (_what, changes, same) => {
    expect(isFor(aRecord(changes), anAccount())).toBe(same);
  });
});
