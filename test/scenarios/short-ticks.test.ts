import { advance } from "../../lib/driver/advance";
import type { BatchKeys } from "../../lib/ports/batch-keys";
import type { Clock } from "../../lib/ports/system";
import type { AccountConfig } from "../../lib/rotation/account-config";
import { anAccount } from "../builders/account";
import { days } from "../builders/time";
import { limits } from "../fakes/limits";
import type { Process } from "../fakes/world/process";
import { startProcess } from "../fakes/world/start-process";
import type { World } from "../fakes/world/world";
import { aWorld } from "../rig/rig";
import { anIdleStory } from "./story";

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

  it("and is no look at all accounts: the next tick looks at all of them again", async () => {
    const place = withAccounts();
    const { tables, clock } = place.world;
    await aHurriedProcess(place).ticker.tick();
    expect(tables.tickNotes?.notes.allLookedAt ?? null).toBeNull();
    await startProcess(place.world, place.accounts).ticker.tick();
    expect(tables.tickNotes?.notes.allLookedAt).toBe(clock.now().toISOString());
  });

  it("of processes that live for one tick each", async () => {
    const place = withAccounts();
    for (let tick = 1; tick <= 20; tick++) await aHurriedProcess(place).ticker.tick();
    expect(place.world.tables.rotations.size).toBe(24);
  });
});

it("a drive whose time is up during a regenerate publishes the new key", async () => {
  const { story } = await anIdleStory();
  await story.passes(days(60));
  const { ports } = story.first.app;
  const up = new AbortController();
  const regenerate: BatchKeys["regenerate"] = (...asked) => {
    up.abort();
    return ports.batch.regenerate(...asked);
  };
  const options = { by: "schedule", stop: up.signal, claimWaitMs: 0, known: null } as const;
  await story.finish(advance({ ...ports, batch: { ...ports.batch, regenerate } }, limits, story.config, options));
  expect([up.signal.aborted, story.phase]).toEqual([true, "published"]);
});
