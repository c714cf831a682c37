import { aLook } from "../../builders/look";
import { MemoryNotices } from "../../../lib/alarms/memory-notices";
import type { Ports } from "../../../lib/ports/ports";
import { discoveriesPort, graphPort } from "../../fakes/world/discovery-ports";
import { containerAppsPort, dataFactoriesPort } from "../../fakes/world/platform-ports";
import * as product from "../../fakes/world/product";
import { startProcess } from "../../fakes/world/start-process";
import { World } from "../../fakes/world/world";
import { auditLogPort } from "../../fakes/world/audit-log-port";
import { FakeAuditLog } from "../../fakes/world/fake-audit-log";
import { auditLogContract } from "./audit-log-suite";
import { appServicesPort } from "../../fakes/world/app-services-port";
import { appServicesContract } from "./app-services-suite";
import { batchKeysContract } from "./batch-keys-suite";
import { containerAppsContract } from "./container-apps-suite";
import { dataFactoriesContract } from "./data-factories-suite";
import { discoveriesContract } from "./discoveries-suite";
import { formSecretContract } from "./form-secret-suite";
import { fleetContract, type FleetWorld } from "./fleet-suite";
import { historyContract } from "./history-suite";
import { graphDiscovery, resourceGraphContract } from "./resource-graph-suite";
import { noticesContract } from "./notices-suite";
import { aRecord } from "../../builders/record";
import { rotationsContract } from "./rotations-suite";
import { secretPublisherContract } from "./secret-publisher-suite";
import { signalsContract } from "./signals-suite";
import { ticksContract } from "./ticks-suite";

const close = () => Promise.resolve();
const call = { signal: new AbortController().signal, look: aLook(), attention: "" };

const openWorld = (): { readonly world: World; readonly ports: Ports } => {
  const world = new World({ product });
  const { ports } = startProcess(world, []).app;
  return { world, ports };
};

/** The same ports in disorder, as in the simulation: other things happen while a contract waits. */
const openDisorder = async (): Promise<Ports & { readonly world: World; close(): Promise<void> }> => {
  const world = new World({ product, course: "disorder", checked: false });
  const { ports } = startProcess(world, []).app;
  let over = false;
  const tick = (): void => {
    if (!over) world.timeline.add(world.timeline.now + 1_000, tick);
  };
  tick();
  const running = world.timeline.run(() => over);
  return {
    ...ports,
    world,
    close: () => {
      over = true;
      return running;
    },
  };
};

rotationsContract("memory", async () => ({ ...openWorld().ports, close }));

formSecretContract("memory", async () => {
  const { ports } = openWorld();
  return { open: () => ports.formSecret, close };
});

ticksContract("memory", async () => ({ ...openWorld().ports, close }));

noticesContract("memory", async () => ({ ...openWorld().ports, close }));
noticesContract("a process", async () => ({ notices: new MemoryNotices(), close }));

discoveriesContract("memory", async () => {
  const world = new World({ product });
  return { discoveries: discoveriesPort(world, startProcess(world, [])), close };
});

containerAppsContract("memory", async () => {
  const world = new World({ product });
  const apps = containerAppsPort(world, startProcess(world, []));
  return { apps, place: (id, app, form) => void world.platforms.containerApps.set(id, { app, ...form }), close };
});

dataFactoriesContract("memory", async () => {
  const world = new World({ product });
  const factories = dataFactoriesPort(world, startProcess(world, []));
  return { factories, place: (id, factory) => void world.platforms.dataFactories.set(id, factory), close };
});

resourceGraphContract("memory", async () => {
  const world = new World({ product });
  const { batch, discovery } = world;
  return {
    graph: graphPort(world, startProcess(world, [])),
    close,
    addAccount: (name, tags) => {
      const ref = batch.addAccount(name);
      batch.of(ref.resourceId).tags = tags;
      return ref;
    },
    setTags: ({ resourceId }, tags) => {
      batch.of(resourceId).tags = tags;
    },
    setModes: ({ resourceId }, modes) => {
      batch.of(resourceId).modes = modes;
    },
    setUserSubscription: ({ resourceId }) => {
      batch.of(resourceId).userSubscription = true;
    },
    remove: (ref) => batch.remove(ref),
    lag: () => discovery.lag(batch, graphDiscovery),
    catchUp: () => discovery.catchUp(),
    readNothing: () => {
      discovery.readsNothing = true;
    },
  };
});

const fleetOf = (world: World): Pick<FleetWorld, "open" | "damage"> => ({
  open: () => startProcess(world, []).app.ports.fleet,
  damage: async () => world.tables.damageFleet(),
});

auditLogContract("memory", async () => {
  const world = new World({ product, startsAt: "2026-11-24T10:15:00.000Z" });
  const log = new FakeAuditLog();
  world.auditLog = log;
  return {
    log: auditLogPort(world, startProcess(world, []), log),
    secret: { vaultUrl: "https://render.vault.azure.net", name: "renderweu-batch-key" },
    read: (secret, read) => log.read(secret, read),
    delay: (ms) => {
      log.delayMs = ms;
    },
    close,
  };
});

fleetContract("memory", async () => ({ ...fleetOf(openWorld().world), close }));

signalsContract("memory", async () => ({ ...openWorld().ports, close }));

appServicesContract("memory", async () => {
  const world = new World({ product });
  return {
    apps: appServicesPort(world, startProcess(world, [])),
    place: (resourceId, app) => void world.platforms.appServices.set(resourceId, app),
    close,
  };
});

historyContract("memory", async () => ({ ...openWorld().ports, close }));

describe("a world in disorder", () => {
  rotationsContract("memory", openDisorder);
  noticesContract("memory", openDisorder);
  signalsContract("memory", openDisorder);
  historyContract("memory", openDisorder);
  fleetContract("memory", async () => {
    const opened = await openDisorder();
    return { ...fleetOf(opened.world), close: () => opened.close() };
  });
});

batchKeysContract("memory", async () => {
  const { world, ports } = openWorld();
  const { batch } = world;
  let accounts = 0;
  return {
    batch: ports.batch,
    close,
    addAccount: () => batch.addAccount(`account${(accounts += 1)}`),
    keys: (ref) => batch.liveKeys(ref),
    setModes: ({ resourceId }, modes) => {
      batch.of(resourceId).modes = modes;
    },
    setUserSubscription: ({ resourceId }) => {
      batch.of(resourceId).userSubscription = true;
    },
    deny: (action) => void batch.denied.add(action),
    allow: (action) => void batch.denied.delete(action),
    lock: ({ resourceId }) => {
      batch.of(resourceId).locked = true;
    },
    hold: (ref, value) => void batch.of(ref.resourceId).held.set("job nightly, environment setting BATCH_KEY", value),
    remove: (ref) => batch.remove(ref),
  };
});

secretPublisherContract("memory", async () => {
  const { world, ports } = openWorld();
  const { vault } = world;
  let made = 0;
  return {
    secrets: ports.secrets,
    close,
    newSecret: () => ({ vaultUrl: "https://v.vault.azure.net", name: `secret-${(made += 1)}` }),
    versions: (ref) =>
      vault.versions(ref).map(({ version, value, disabledBy, contentType, tags, expiresAt }) => ({
        version,
        value,
        enabled: disabledBy === null,
        contentType,
        tags,
        expiresAt,
      })),
    seed: (ref, value, attributes = {}) =>
      vault.add(ref, { value, ...attributes, by: "person", createdAtMs: world.wallMs, effect: 0 }),
    disable: (ref, version) => vault.setEnabled(ref, version, false),
    delete: (ref) => vault.setDeleted(ref, true),
    deny: (action) => void vault.denied.add(action),
    allow: (action) => void vault.denied.delete(action),
  };
});

describe("a fault", () => {
  it.each([
    ["before", null],
    ["after", aRecord()],
  ] as const)("happens %s the effect, and once", async (when, stored) => {
    const { world, ports } = openWorld();
    const effects: string[] = [];
    world.faults.onEffect((operation) => effects.push(operation));
    world.faults.add("rotations.insert", { when, error: () => new Error("lost") });
    await expect(ports.rotations.insert(aRecord(), call)).rejects.toThrow("lost");
    expect(world.tables.rotations.get("render-weu")?.record ?? null).toEqual(stored);
    expect(effects).toHaveLength(stored === null ? 0 : 1);
    await ports.rotations.insert(aRecord(), call);
    expect(world.tables.rotations.get("render-weu")?.record).toEqual(aRecord());
  });
});

describe("a live world", () => {
  it("advances automatically to what code waits for, and to nothing else", async () => {
    const { clock } = new World({ product, signals: "real" });
    const never = new AbortController().signal;
    const limit = clock.abortAfter(20_000);
    await clock.sleep(5_000, never);
    expect([clock.at, limit.aborted]).toEqual(["2026-11-24T10:00:05.000Z", false]);
    await clock.sleep(Number.POSITIVE_INFINITY, limit);
    expect([clock.at, limit.aborted]).toEqual(["2026-11-24T10:00:20.000Z", true]);
  });

  it("never answers a dead process", async () => {
    const world = new World({ product });
    const process = startProcess(world, [], { death: { at: "after", nth: 2 } });
    const { notices, rotations } = process.app.ports;
    await notices.list(call);
    const insert = rotations.insert(aRecord(), call).then(() => "answered");
    expect(await Promise.race([insert, process.died])).toBe("after rotations.insert");
    expect(world.tables.rotations.size).toBe(1);
  });
});
