import type { App } from "../../lib/app";
import { readSettings } from "../../lib/config/settings/settings";
import type { History } from "../../lib/ports/history";
import { Ticker } from "../../lib/operations/tick/tick";
import * as product from "../fakes/world/product";
import { startProcess } from "../fakes/world/start-process";
import type { VirtualClock } from "../fakes/world/virtual-clock";
import { World } from "../fakes/world/world";

/** Stores nothing, so that only the rotator's memory is measured. */
const forgetfulHistory: History = {
  append: async () => undefined,
  page: async () => ({ events: [], unreadable: [], next: null }),
  newestOf: async () => null,
  lastBefore: async () => 0,
  removeThrough: async () => undefined,
};

/** This number of adopted, idle accounts, with a full comparison every six hours. */
export const aBenchApp = async (count: number): Promise<{ readonly app: App; readonly clock: VirtualClock }> => {
  const world = new World({ product, checked: false, startsAt: "2026-01-01T00:00:00Z" });
  const { clock } = world;
  const accounts = Array.from({ length: count }, (_, index) => {
    const name = `bench${index}`;
    const { resourceId } = world.batch.addAccount(name);
    return {
      name,
      resourceId,
      secret: { vaultUrl: "https://bench.vault.azure.net", name: `${name}-key` },
      rotateEvery: "P730D",
      gate: { mode: "delay", delay: "PT1M", consumers: [] },
    };
  });
  const settings = readSettings(
    {
      AzureWebJobsStorage__accountName: "bench",
      ROTATION_ACCOUNTS: JSON.stringify({ accounts }),
    },
    { read: () => "" },
  );
  world.alerts = { wanted: null, deliver: async () => "gone" };
  const ports = { history: forgetfulHistory };
  const { app } = startProcess(world, settings.accounts, { limits: { claimWaitMs: 0 }, emulated: false, ports });
  const ticker = new Ticker(app);
  for (let tick = 0; tick < 3; tick++) {
    await ticker.tick();
    clock.advance(300_000);
  }
  return { app, clock };
};
