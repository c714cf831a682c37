import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Random } from "../../fakes/world/random";
import { type Hosts, maxMs, openHosts } from "./hosts";
import { rotationsIn } from "./history-problems";

const seed = Number(process.env["CRASH_SEED"] ?? 20_261_123);
const folder = mkdtempSync(path.join(tmpdir(), "azurite-"));
let rig: Hosts;

beforeAll(async () => {
  rig = await openHosts({
    plans: [
      { name: "render", seed: "primary" },
      { name: "nightly", seed: null, config: { settleOn: "primary" } },
    ],
    folder,
  });
});
afterAll(async () => {
  await rig.close();
  rmSync(folder, { recursive: true, force: true });
});

const restartThe = {
  emulators: async () => {
    rig.vaultAnswers = false;
    await rig.emulators.restart();
    rig.vaultAnswers = true;
  },
  tables: () => rig.azurite.restart(),
};

it(
  `no call of an app is refused while Azure's services and the tables restart (seed ${seed})`,
  async () => {
    const random = new Random(seed);
    let restarts = 0;
    await rig.host();
    const restart = async (): Promise<void> => {
      for (const one of ["emulators", "tables", "emulators", "tables", "emulators", "emulators"] as const) {
        await wait(500 + random.next() * 2_000);
        await restartThe[one]();
        restarts += 1;
      }
    };
    await Promise.all([restart(), rig.demandUntil(() => restarts === 6)]);
    await rig.allRotated();

    for (const history of await rig.expectUnharmed(20)) expect(rotationsIn(history).length).toBeGreaterThanOrEqual(1);
  },
  maxMs,
);
