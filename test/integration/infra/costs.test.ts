import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Host } from "../../e2e/app/host";
import type { PlacedAccount } from "../../e2e/app/placed-account";
import { openWorld, type DeployedApp } from "../../e2e/app/world";
import { serviceOf } from "../../emulators/routes";
import { projectRoot } from "../../unit/infra/bicep";

const services = ["arm", "vault", "batch", "tables"] as const;

const deploy = readFileSync(path.join(projectRoot, "docs/deploy.md"), "utf8");

let world: DeployedApp;
let host: Host;
const place = (name: string, config: object = {}): PlacedAccount => world.place({ name, config });

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** A host for this idle account only, after the initial requests of a process. */
const hostOf = async (account: PlacedAccount): Promise<void> => {
  host = await world.host([account]);
  await host.tick();
  await host.signal(account.name, account.signal());
  await host.tick();
  expect(await host.status(account.name)).toMatchObject({ phase: "idle" });
};

/** The requests to each service, in the order of the document's columns. A process is challenged by the vault once. */
const callsOf = async (work: () => Promise<unknown>): Promise<readonly number[]> => {
  const { journal } = world.emulators;
  const before = journal.entries.length;
  await work();
  const asked = journal.entries.slice(before).filter(({ route }) => route !== "vault.challenge");
  return services.map((service) => asked.filter(({ route }) => serviceOf(route) === service).length);
};

/** The numbers of a row of the document's table. */
const documented = (what: string): readonly number[] => {
  const row = deploy.split("\n").find((line) => line.startsWith(`| ${what} `));
  return (row ?? "").split("|").slice(2, -1).map(Number);
};

describe("docs/deploy.md states the number of calls", () => {
  let render: PlacedAccount;
  beforeAll(async () => {
    render = place("render");
    await hostOf(render);
  });

  it("of a tick over an idle account", async () => {
    expect(await callsOf(() => host.tick())).toEqual(documented("a tick over an idle account"));
  });

  it("of a signal", async () => {
    expect(await callsOf(() => host.signal(render.name, render.signal()))).toEqual(documented("a signal"));
  });

  it("of a rotation, and of a tick over an account at its gate", async () => {
    const first = await callsOf(() => host.rotate(render.name, { reason: "counted" }));
    expect(await host.status(render.name)).toMatchObject({ phase: "published" });

    expect(await callsOf(() => host.tick())).toEqual(documented("a tick over an account at its gate"));

    const rest = await callsOf(() => host.signal(render.name, render.signal()));
    expect(await host.status(render.name)).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });
    expect(first.map((count, i) => count + (rest[i] ?? 0))).toEqual(
      documented("a whole rotation, without ticks at the gate"),
    );
  });

  it("of a comparison of vault and live keys", async () => {
    await hostOf(place("often", { reconcileEvery: "PT1S" }));
    await setTimeout(1_100);
    expect(await callsOf(() => host.tick())).toEqual(documented("the same when it compares vault and live keys"));
  });
});
