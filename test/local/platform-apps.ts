import { request } from "node:https";
import { BatchKey } from "../../lib/batch-key";
import { listUrl, signedHeaders } from "../../lib/azure/batch/shared-key";
import { testCertificates } from "../emulators/certificate-authority";
import type { Emulators } from "../emulators/emulators";
import { EmulatedAppService } from "../emulators/platforms/app-service";
import { EmulatedContainerApp } from "../emulators/platforms/container-app";
import type { ConsumerCounts, Refusals } from "./consumer-processes";
import { platformConsumers } from "./platform-consumers";
import type { ConsumerAccount } from "./staged-accounts";

const setting = "AZURE_BATCH_ACCOUNT_KEY";

export interface PlatformApps {
  counts(): ConsumerCounts;
  stop(): Promise<void>;
}

/** Of the platform, in milliseconds: 30 minutes on Azure. The rotator's ROTATION_PLATFORM_SYNC is longer. */
const syncEveryMs = 5_000;
const overlapMs = 300;
const callEveryMs = 200;

const now = (): Date => new Date();

type Called = "answered" | "refused" | "failed";

/** One signed call, as an app makes it with the key in its environment. */
const callBatch = async (account: ConsumerAccount, name: string, value: string): Promise<Called> => {
  const url = listUrl(account.dataPlaneHost, "/pools", { $select: "id", maxresults: "1" });
  const signer = { accountName: account.batchAccountName, key: new BatchKey(value), now: new Date() };
  const headers = { ...signedHeaders(signer, url), "x-ms-client-request-id": `${name}/${Date.now()}` };
  const { ca } = await testCertificates();
  return new Promise((resolve) => {
    const sent = request(url, { headers, ca, agent: false, timeout: 5_000 }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode === 200 ? "answered" : "refused"));
      response.once("error", () => resolve("failed"));
    });
    sent.once("timeout", () => sent.destroy());
    sent.once("error", () => resolve("failed"));
    sent.end();
  });
};

/**
 * An app of App Service and a Container App that get the key in their environment. Each instance calls Batch all the
 * time with the key that it was started with, until its platform ends it.
 */
export const startPlatformApps = (
  emulators: Emulators,
  account: ConsumerAccount,
  newest: () => { readonly version: string; readonly value: string } | null,
): PlatformApps => {
  const [web, jobs] = platformConsumers;
  let names = 0;
  const createName = () => `i${(names += 1)}`;
  const address = `${account.vaultUrl}/secrets/${account.secretName}`;
  const site = new EmulatedAppService({
    now,
    createName,
    overlapMs,
    fetch: () => {
      const found = newest();
      return found === null ? { status: "SecretNotFound" } : { status: "Resolved", ...found };
    },
  });
  site.configure(setting, `@Microsoft.KeyVault(SecretUri=${address})`);
  emulators.platforms.appServices.add(web.platform.resourceId, site);
  const app = new EmulatedContainerApp({ now, createName, overlapMs, readVault: newest });
  app.deploy("render-jobs--1", "environment", jobs.instances);
  emulators.platforms.containerApps.add(jobs.platform.resourceId, app, { secretName: "key", keyVaultUrl: address });

  const calls: Record<Called, number> = { answered: 0, refused: 0, failed: 0 };
  let refusals: Refusals | null = null;
  const underWay = new Set<Promise<void>>();
  const call = async (name: string, value: string): Promise<void> => {
    const called = await callBatch(account, name, value);
    calls[called] += 1;
    if (called !== "refused") return;
    const at = Date.now();
    refusals = { count: (refusals?.count ?? 0) + 1, firstAt: refusals?.firstAt ?? at, lastAt: at };
  };
  const held = (): readonly (readonly [string, string])[] => [
    ...site.instances.flatMap((instance) => {
      const got = instance.held.get(setting);
      return got?.status === "Resolved" ? [[web.name, got.value] as const] : [];
    }),
    ...app.replicas.map((replica) => [jobs.name, replica.held.value] as const),
  ];
  const calling = setInterval(() => {
    for (const [name, value] of held()) {
      const made: Promise<void> = call(name, value).finally(() => underWay.delete(made));
      underWay.add(made);
    }
  }, callEveryMs);
  const syncing = setInterval(() => app.sync(), syncEveryMs);
  return {
    counts: () => ({
      ...calls,
      refusals: refusals === null ? {} : { [account.batchAccountName]: refusals },
      signalsAccepted: 0,
      signalsRefused: 0,
      lastProblem: null,
    }),
    stop: async () => {
      clearInterval(calling);
      clearInterval(syncing);
      await Promise.all(underWay);
    },
  };
};
