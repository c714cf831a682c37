import { maxConcurrent } from "../../../lib/operations/tick/process-accounts";
import type { AccountConfig } from "../../../lib/rotation/account-config";
import { toInstant } from "../../../lib/rotation/time/time";
import { anAccount } from "../../builders/account";
import { days } from "../../builders/time";
import type { Process } from "../../fakes/world/process";
import * as product from "../../fakes/world/product";
import { startProcess } from "../../fakes/world/start-process";
import { World } from "../../fakes/world/world";
import { type Measure, row } from "../row";
import { idleRecord } from "../seeded-records";

/** How long every call takes, in milliseconds of virtual time. */
const latencyMs = 50;
const subscriptions = 20;

const subscriptionOf = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;

const configOf = (index: number): AccountConfig => {
  const subscriptionId = subscriptionOf(index % subscriptions);
  const accountName = `due${index}`;
  const group = `/subscriptions/${subscriptionId}/resourceGroups/rg`;
  const resourceId = `${group}/providers/Microsoft.Batch/batchAccounts/${accountName}`;
  return anAccount({
    name: accountName,
    batch: { resourceId, subscriptionId, resourceGroup: "rg", accountName },
    secret: { vaultUrl: "https://bench.vault.azure.net", name: `${accountName}-batch-key` },
  });
};

/** Adopted long ago: its key is 61 days old, so its rotation is due. */
const place = (world: World, config: AccountConfig): void => {
  const { batch, vault, tables, clock } = world;
  const madeAt = toInstant(new Date(world.wallMs - days(61)));
  batch.create(config.batch.resourceId);
  const { version } = vault.add(config.secret, {
    value: batch.liveKeys(config.batch).primary,
    by: "initial",
    createdAtMs: world.wallMs - days(61),
    effect: 0,
    tags: { ProviderAddress: config.batch.resourceId },
  });
  const active = { version, publishedAt: madeAt, createdAt: madeAt, keyMadeAt: madeAt };
  tables.restore(idleRecord(config, clock.now(), batch.of(config.batch.resourceId).host, active));
};

const worldWith = (count: number): { readonly world: World; readonly process: Process } => {
  const world = new World({ product, checked: false, latencyMs: () => latencyMs });
  const configs = Array.from({ length: count }, (_, index) => configOf(index));
  for (const config of configs) place(world, config);
  return { world, process: startProcess(world, configs) };
};

/** Virtual time until every due account has its new key published. */
const publishedAfterMs = async (count: number): Promise<number> => {
  const { world, process } = worldWith(count);
  const published = (): number => world.vault.publications;
  for (let ticks = 0; published() < count; ticks++) {
    if (ticks > 20) throw new Error(`${published()} of ${count} are published after ${ticks} ticks`);
    await process.ticker.tick();
  }
  return world.timeline.now;
};

/** What a tick takes for all accounts together. */
const emptyTickMs = async (): Promise<number> => {
  const { world, process } = worldWith(0);
  await process.ticker.tick();
  return world.timeline.now;
};

const fleet: Measure["run"] = async () => {
  const count = 1_000;
  const aloneMs = (await publishedAfterMs(1)) - (await emptyTickMs());
  const idealMs = aloneMs * Math.ceil(count / maxConcurrent);
  const ms = await publishedAfterMs(count);
  return [
    row("11", `${count} due accounts in ${subscriptions} subscriptions, until all are published`, ms / idealMs, {
      unit: "×",
      bound: 1.3,
      note: `${ms} ms; ideal ${idealMs} ms: ${aloneMs} ms of one drive alone, ${maxConcurrent} at once; virtual time`,
    }),
  ];
};

export const due: Measure = { name: "due", title: "due: many accounts at once, every call takes 50 ms", run: fleet };
