import { setTimeout as wait } from "node:timers/promises";
import { type DeployedApp, openWorld } from "../../e2e/app/world";
import { serviceOf } from "../../emulators/routes";
import { type Measure, row } from "../row";

export const services = ["arm", "vault", "batch", "tables"] as const;
type Counts = Readonly<Record<(typeof services)[number], number>>;

const named = { arm: "Resource Manager", vault: "Key Vault", batch: "data plane", tables: "table" } as const;
/** Of 5 for Key Vault, 4 for the data plane and 16 for the tables docs/decisions.md says why they are too few. */
const bounds: Counts = { arm: 4, vault: 8, batch: 7, tables: 20 };

/** The requests that one action of an account causes, by service. */
export interface Counted {
  readonly rotation: Counts;
  readonly waitingTick: Counts;
  readonly idleTick: Counts;
  readonly signal: Counts;
  /** A tick over an idle account that compares vault and live keys. */
  readonly comparison: Counts;
}

const sum = (one: Counts, other: Counts): Counts => ({
  arm: one.arm + other.arm,
  vault: one.vault + other.vault,
  batch: one.batch + other.batch,
  tables: one.tables + other.tables,
});

/** Counts on the built app and the emulators. A process is challenged by each vault once, which is left out. */
export const countCalls = async (): Promise<Counted> => {
  const world = await openWorld();
  try {
    const place = world.place({ name: "render" });
    const host = await world.host([place]);
    const { journal } = world.emulators;
    const callsOf = async (work: () => Promise<unknown>): Promise<Counts> => {
      const before = journal.entries.length;
      await work();
      const asked = journal.entries.slice(before).filter(({ route }) => route !== "vault.challenge");
      const of = (service: (typeof services)[number]) =>
        asked.filter(({ route }) => serviceOf(route) === service).length;
      return { arm: of("arm"), vault: of("vault"), batch: of("batch"), tables: of("tables") };
    };
    const signal = () => host.signal(place.name, place.signal());
    const rotate = () => host.rotate(place.name, { reason: "counted" });
    await host.tick();
    await signal();
    await host.tick();
    // The first rotation of a process opens its clients.
    await rotate();
    await signal();
    const idleTick = await callsOf(() => host.tick());
    const idleSignal = await callsOf(signal);
    const started = await callsOf(rotate);
    const waitingTick = await callsOf(() => host.tick());
    const ended = await callsOf(signal);
    const comparison = await callsOf(await comparing(world));
    return { rotation: sum(started, ended), waitingTick, idleTick, signal: idleSignal, comparison };
  } finally {
    await world.close();
  }
};

/** A tick over an account that is due to be compared. */
const comparing = async (world: DeployedApp): Promise<() => Promise<void>> => {
  const often = world.place({ name: "often", config: { reconcileEvery: "PT1S" } });
  const host = await world.host([often]);
  await host.tick();
  await host.signal(often.name, often.signal());
  await host.tick();
  await wait(1_100);
  return () => host.tick();
};

export const calls: Measure = {
  name: "calls",
  title: "calls: the requests of one rotation",
  run: async () => {
    const { rotation } = await countCalls();
    return services.map((service) =>
      row("9", `${named[service]} requests of one undisturbed rotation`, rotation[service], {
        bound: bounds[service],
        note: "on demand, one app; from the request to its end",
      }),
    );
  },
};
