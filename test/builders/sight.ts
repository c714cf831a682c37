import type { AppServiceSeen, ReferenceSeen } from "../../lib/rotation/platforms/app-service-seen";
import type { ReadersSeen, ReaderSeen } from "../../lib/rotation/gate/readers-seen";
import { v2 } from "./state";
import { at } from "./time";

export const siteId =
  "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.Web/sites/render-web";

export const aReader: ReaderSeen = {
  identity: "22222222-2222-4222-8222-222222222222",
  resource: null,
  version: v2,
  firstAt: at("10:02"),
  lastAt: at("10:08"),
  reads: 3,
  address: "203.0.113.7",
  client: "azsdk-net-Security.KeyVault.Secrets/4.6.0",
};

/** One reader, as the log has answered at 10:12. */
export const aReadersSeen = (changes: Partial<ReadersSeen> = {}): ReadersSeen => ({
  kind: "readers",
  readers: [aReader],
  omitted: 0,
  incomplete: null,
  askedAt: at("10:12"),
  through: at("10:02"),
  problem: null,
  ...changes,
});

/** An app setting that follows the newest version. */
export const aReference = (changes: Partial<ReferenceSeen> = {}): ReferenceSeen => ({
  list: "appSettings",
  setting: "BATCH_KEY",
  pinnedTo: null,
  status: "Resolved",
  ...changes,
});

/** `render-web` in order at 10:10, since 10:02, refreshed at 10:02 after version `v2` was published. */
export const anAppServiceSeen = (changes: Partial<AppServiceSeen> = {}): AppServiceSeen => ({
  kind: "appService",
  consumer: "render-web",
  resourceId: siteId,
  secret: "https://render.vault.azure.net/secrets/renderweu-batch-key",
  version: v2,
  problem: null,
  lookedAt: at("10:10"),
  references: [aReference()],
  instances: [{ name: "b8f0c2", state: "READY" }],
  refresh: { attempts: 1, answeredAt: at("10:02"), nextAttemptAt: null, problem: null },
  restart: { attempts: 0, answeredAt: null, nextAttemptAt: null, problem: null },
  overlapMs: 120_000,
  goodSince: at("10:02"),
  ...changes,
});
