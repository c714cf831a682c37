import type { PlatformConfig } from "../../lib/rotation/account-config";
import type { PlatformKind, PlatformView } from "../../lib/rotation/platforms/platform-view";
import { aConsumer, aGate } from "./account";

export const publishedAt = "2026-11-24T10:00:00.000Z";
export const publishedVersion = "4f2c8a1d9b3e47568a0c2d4e6f81a3b5";
export const secretAddress = "https://render.vault.azure.net/secrets/renderweu-batch-key";
const group = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/render/providers";

const platforms: { readonly [K in PlatformKind]: Omit<Extract<PlatformConfig, { kind: K }>, "kind"> } = {
  appService: { resourceId: `${group}/Microsoft.Web/sites/render`, refresh: true, restart: false },
  containerApp: { resourceId: `${group}/Microsoft.App/containerApps/render` },
  dataFactory: { resourceId: `${group}/Microsoft.DataFactory/factories/render`, linkedService: "AzureBatch1" },
};

/** The instant some minutes after the publication. */
export const after = (minutes: number): string => new Date(Date.parse(publishedAt) + minutes * 60_000).toISOString();

/** What is known of a consumer on a platform, some minutes after the publication. */
export const aPlatformView = <K extends PlatformKind>(
  kind: K,
  minutes: number,
  { instances = 1, ...changes }: Partial<PlatformView<K>> & { readonly instances?: number } = {},
): PlatformView<K> => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- by the table above
  const platform = { kind, ...platforms[kind] } as unknown as Extract<PlatformConfig, { kind: K }>;
  return {
    consumer: aConsumer({ name: "render", instances, platform }),
    platform,
    gate: aGate(),
    published: { version: publishedVersion, publishedAt, createdAt: publishedAt },
    seen: null,
    reports: false,
    now: new Date(after(minutes)),
    ...changes,
  };
};
