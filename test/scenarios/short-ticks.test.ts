import type { Clock } from "../../lib/ports";
import type { AccountConfig } from "../../lib/rotation/account-config";
import { anAccount } from "../builders/account";
import { limits } from "../fakes/limits";
import type { Process } from "../fakes/world/process";
import { startProcess } from "../fakes/world/start-process";
import type { World } from "../fakes/world/world";
import { aWorld } from "../rig/rig";

const withAccounts = (): { readonly world: World; readonly accounts: readonly AccountConfig[] } => {
  const world = aWorld();
  const names = Array.from({ length: 24 }, (_, index) => `account${index + 1}`);
  return { world, accounts: names.map((name) => anAccount({ name, batch: world.batch.addAccount(name) })) };
};

/** The time of each tick is up as soon as it has begun this many accounts. */
const maxBegun = 8;

/** Ticks of a process on accounts that it has not seen yet, each too short for all of them. */
const aHurriedProcess = ({ world, accounts }: ReturnType<typeof withAccounts>): Process => {
  const { rotations } = startProcess(world, accounts).app.ports;
  const begun = new Set<string>();
  let up = new AbortController();
  const clock: Clock = {
    now: () => world.clock.now(),
    sleep: (...asked) => world.clock.sleep(...asked),
    abortAfter: (ms) => {
      if (ms !== limits.tickMs) return world.clock.abortAfter(ms);
      begun.clear();
      up = new AbortController();
      return up.signal;
    },
  };
  const read: typeof rotations.read = (account, options) => {
    if (begun.add(account).size === maxBegun) up.abort();
    return rotations.read(account, options);
  };
  return startProcess(world, accounts, { ports: { clock, rotations: { ...rotations, read } } });
};

describe("a tick that is too short for all accounts starves none", () => {
  it("of one process: each tick begins where the one before has ended", async () => {
    const place = withAccounts();
    const process = aHurriedProcess(place);
    const seen: number[] = [];
    for (let tick = 1; tick <= 3; tick++) {
      await process.ticker.tick();
      seen.push(place.world.tables.rotations.size);
    }
    expect(seen).toEqual([8, 16, 24]);
  });

  it("of processes that live for one tick each", async () => {
    const place = withAccounts();
    for (let tick = 1; tick <= 20; tick++) await aHurriedProcess(place).ticker.tick();
    expect(place.world.tables.rotations.size).toBe(24);
  });
});
