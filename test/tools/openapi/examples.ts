const resourceId =
  "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/render/providers/Microsoft.Batch/" +
  "batchAccounts/renderweu";
const version = "4f2c8a1d9b3e47568a0c2d4e6f81a3b5";
const rotationId = "01KB3S6Z0QJ8V4R1C5T7N9XWYE";
const at = "2026-11-22T10:00:00.000Z";

const listed = {
  account: "render-weu",
  resourceId,
  secret: { vaultUrl: "https://render-keys.vault.azure.net", name: "renderweu-batch-key", version },
  phase: "published",
  waitingFor: {
    reason: "OnPreviousKey",
    detail: `render-api/vm-2 reported version 9c1e5b7a3d2f48609b8c7d6e5f4a3b2c at ${at}, not ${version}`,
    since: at,
  },
  blocked: null,
  stalled: false,
  overdue: false,
  paused: false,
  activeSlot: "secondary",
  rotation: {
    id: rotationId,
    trigger: "schedule",
    reason: "the key is 60 days old",
    target: "secondary",
    previous: "primary",
    startedAt: at,
    publishedAt: at,
    secretVersion: version,
    retireAfter: null,
    retireAt: null,
  },
  lastRotation: null,
  nextDueAt: null,
  keysUnusedSince: null,
};

const instance = { id: "vm-1", at, secretVersion: version, healthy: true, proven: true };
const signal = { consumer: "render-api", instance: "vm-1", secretVersion: version, healthy: true, at };

/** Examples of the document; a test compares each with its schema. */
export const examples = {
  status: {
    ...listed,
    consumers: [{ name: "render-api", state: "OnPreviousKey", evidence: null, instances: [instance] }],
  },
  list: { accounts: [listed], orphanedRecords: [], discoveryProblems: [], fleetStopped: null, checkedAt: at },
  check: {
    account: "render-weu",
    checks: [{ check: "listKeys", ok: true, detail: "both keys can be read", remedy: null }],
    next: "wait: OnPreviousKey",
  },
  history: {
    events: [
      {
        id: "01KB3S7Z0QJ8V4R1C5T7N9XWYF",
        at,
        event: "KeyPublished",
        rotationId,
        by: "schedule",
        reason: null,
        detail: "the secondary key, as the next key of the rotation",
        evidence: { provenBy: "signedCall" },
      },
    ],
    next: null,
  },
  evidence: {
    account: "render-weu",
    resourceId,
    secret: "https://render-keys.vault.azure.net/secrets/renderweu-batch-key",
    rotationId,
    outcome: "underWay",
    startedAt: at,
    endedAt: null,
    startedBy: "schedule",
    reason: "on schedule, from the primary to the secondary key",
    newKey: { madeAt: at, publishedAt: at, provenBy: "signedCall", notProven: null, evidence: null },
    oldKey: { retiredAt: null, provenDeadAt: null, provenDeadBy: null, notProven: null, evidence: null },
    confirmations: [],
    confirmedInstances: 0,
    readers: null,
    overrides: [],
    requestIds: [],
    events: [],
  },
  signal: { ...signal, proof: "3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
  signalAnswer: { account: "render-weu", accepted: true, waitingFor: null },
  order: { reason: "vm-2 was removed", phase: "published", rotationId, secretVersion: version },
  event: {
    specversion: "1.0",
    id: "1",
    type: "Microsoft.KeyVault.SecretNewVersionCreated",
    source: "/subscriptions/0/resourceGroups/render/providers/Microsoft.KeyVault/vaults/render-keys",
    time: at,
    data: { ObjectName: "renderweu-batch-key", ObjectType: "Secret", VaultName: "render-keys", Version: version },
  },
  readers: {
    readers: [
      {
        identity: "0b7c1a2d-3e4f-4a5b-8c6d-7e8f9a0b1c2d",
        resource:
          "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/render/providers/Microsoft.Web/sites/web",
        version,
        firstAt: at,
        lastAt: at,
        reads: 1,
        address: "203.0.113.7",
        client: "azsdk-net-Security.KeyVault.Secrets/4.6.0",
        consumer: "render-api",
      },
    ],
    through: at,
    askedAt: at,
    omitted: 0,
    incomplete: null,
    problem: null,
  },
  coverage: {
    unprotected: [{ resourceId, name: "renderweu", reason: "NotTagged" }],
    switchable: [],
    checkedAt: at,
  },
} as const;
