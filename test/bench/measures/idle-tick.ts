import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import packageJson from "../../../package.json";
import { glanceColumns, rotationRowKey } from "../../../lib/azure/tables/rows/rotation-row";
import { openTables } from "../../../lib/azure/tables/tables";
import { systemClock, UlidIds } from "../../../lib/system";
import { until } from "../../e2e/local-host/until";
import { Faults } from "../../emulators/faults";
import { Journal } from "../../emulators/journal";
import { startTableProxy } from "../../emulators/table-proxy";
import { packageApp } from "../../tools/package";
import { buildHost, startBenchHost } from "../bench-host";
import { startSeededAzurite } from "../seeded-azurite";
import { idleRecord } from "../seeded-records";
import { type Measure, median, type Row, row, type Surroundings } from "../row";
import { foundConfiguration } from "../found-fleet";
import { configurationOf } from "./idle-accounts";

const root = path.resolve(__dirname, "../../..");
const prefix = "Idle";

interface Fleet {
  readonly accounts: number;
  /** By a tag; otherwise the configuration lists them. */
  readonly found: boolean;
  readonly withMemory: boolean;
}

interface Figures {
  readonly accounts: number;
  readonly found: boolean;
  readonly requests: number;
  readonly seconds: number;
  /** Of the host's process. */
  readonly cpuSeconds: number;
  /** What the same pages take when a client asks for them and does nothing with them. */
  readonly azuriteSeconds: number;
  readonly memory: Memory | null;
}

interface Memory {
  /** Of the whole process, from its start to the last tick. */
  readonly peakMiB: number;
  /** Of it before the first tick: Node, the host of the bench and the functions. */
  readonly atStartMiB: number;
}

/** What Node chooses by itself on an instance of 512 MB, which the template deploys, and not on a large machine. */
const smallInstance = { NODE_OPTIONS: "--max-semi-space-size=1 --max-old-space-size=256" };

/** What one tick costs where nothing is due: the requests through a counting proxy, time and memory without it. */
const measured = async ({ accounts, found, withMemory }: Fleet, { stop, progress }: Surroundings): Promise<Figures> => {
  const folder = mkdtempSync(path.join(tmpdir(), "bench-idle-"));
  const [app, tables] = [path.join(folder, "app"), path.join(folder, "tables")];
  mkdirSync(tables);
  const file = found ? foundConfiguration : configurationOf(accounts);
  const env = (connectionString: string): Readonly<Record<string, string>> => ({
    PATH: process.env["PATH"] ?? "",
    AzureWebJobsStorage: connectionString,
    ROTATION_ACCOUNTS: "@accounts.json",
    ROTATION_VAULT_URL: "https://bench.vault.azure.net",
    ROTATION_TABLE_PREFIX: prefix,
    ROTATION_SCHEDULE: "0 0 0 1 1 *",
    ROTATION_EMULATED: "true",
  });
  progress(`  ${accounts} records are written${found ? ", of accounts that a tag has found" : ""}`);
  const azurite = await startSeededAzurite(tables, {
    prefix,
    file,
    stop,
    env: env("UseDevelopmentStorage=true"),
    found: found ? accounts : null,
    recordOf: (config, now) => idleRecord(config, now, "bench.westeurope.batch.azure.com", {}),
  });
  const journal = new Journal();
  const proxy = await startTableProxy({ targetPort: azurite.port, faults: new Faults(), journal });
  try {
    packageApp(app, path.join(root, packageJson.main));
    writeFileSync(path.join(app, "accounts.json"), file);
    progress(`  ticks over ${accounts} idle accounts`);
    const requests = await counted(app, env(proxy.connectionString), journal);
    if (accounts > 10_000) await saved(tables);
    const azuriteSeconds = await pagesAlone(azurite.connectionString);
    const direct = env(azurite.connectionString);
    const times = await timed(app, direct);
    return {
      accounts,
      found,
      requests,
      azuriteSeconds,
      ...times,
      memory: withMemory ? await weighed(app, direct) : null,
    };
  } finally {
    await proxy.close();
    await azurite.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Azurite writes its file some seconds after a change, and answers nothing while it writes a large one. */
const saved = async (folder: string): Promise<void> => {
  const last = (): number => Math.max(...readdirSync(folder).map((name) => statSync(path.join(folder, name)).mtimeMs));
  await until("Azurite to write its file", () => (Date.now() - last() > 12_000 ? true : null), 120_000);
};

/** The time until Azurite has answered all pages of a scan. */
const pagesAlone = async (connectionString: string): Promise<number> => {
  const storage = { kind: "connectionString", connectionString, allowInsecureConnection: true } as const;
  const { rotations } = openTables(storage, prefix, new UlidIds(systemClock));
  const options = { signal: AbortSignal.timeout(120_000), columns: glanceColumns };
  const once = async (): Promise<number> => {
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    await rotations.visitAll(rotationRowKey, () => undefined, options);
    const { user, system } = process.cpuUsage(cpu);
    return (performance.now() - began) / 1000 - (user + system) / 1e6;
  };
  await once();
  return median([await once(), await once(), await once()]);
};

const counted = async (app: string, env: Readonly<Record<string, string>>, journal: Journal): Promise<number> => {
  const host = await startBenchHost(app, env);
  try {
    await host.tick();
    const before = journal.countOf("tables");
    await host.tick();
    return journal.countOf("tables") - before;
  } finally {
    await host.stop();
  }
};

const timed = async (
  app: string,
  env: Readonly<Record<string, string>>,
): Promise<Pick<Figures, "seconds" | "cpuSeconds">> => {
  const host = await startBenchHost(app, env);
  try {
    await host.tick();
    const cpu = host.cpuSeconds();
    const ticks = [await host.tick(), await host.tick(), await host.tick()];
    return {
      seconds: median(ticks.map(({ ms }) => ms)) / 1000,
      cpuSeconds: (host.cpuSeconds() - cpu) / ticks.length,
    };
  } finally {
    await host.stop();
  }
};

/** The first tick reads the configuration and whole records; the others are the usual ones. */
const weighed = async (app: string, env: Readonly<Record<string, string>>): Promise<Memory> => {
  const built = path.join(app, "..", "host.js");
  await buildHost(built);
  const host = await startBenchHost(app, { ...env, ...smallInstance }, built);
  try {
    const atStartMiB = host.residentMiB();
    for (let tick = 1; tick <= 4; tick++) await host.tick();
    return { peakMiB: host.peakMiB(), atStartMiB };
  } finally {
    await host.stop();
  }
};

const bounds: Readonly<Record<number, number>> = { 10_000: 14, 100_000: 110 };

const rowsOf = ({
  accounts,
  found,
  requests,
  seconds,
  cpuSeconds,
  azuriteSeconds,
  memory,
}: Figures): readonly Row[] => {
  const of = `${accounts.toLocaleString("en-US")} idle accounts${found ? " found by a tag" : ""}`;
  // The bounds of time and memory are those of listed accounts: see docs/decisions.md.
  const large = accounts >= 100_000 && !found;
  const share = `Azurite takes ${azuriteSeconds.toFixed(1)} s of it for the pages alone; real time`;
  return [
    row("10", `table requests of a tick over ${of}`, requests, { bound: bounds[accounts] ?? null }),
    row("10", `time of a tick over ${of}, against Azurite`, seconds, {
      unit: "s",
      bound: large ? 5 : null,
      note: share,
    }),
    row("10", "processor time of the host for it", cpuSeconds, { unit: "s" }),
    ...(memory === null ? [] : [memoryRow(memory, large)]),
  ];
};

/** Node, the host of the bench and the functions take their share with no account too: the bound is for the rest. */
const memoryRow = ({ peakMiB, atStartMiB }: Memory, large: boolean): Row =>
  row("10", "memory for these accounts and the ticks over them, at its peak", peakMiB - atStartMiB, {
    unit: "MiB",
    bound: large ? 200 : null,
    note:
      `the whole process has ${peakMiB.toFixed(0)} MiB resident, ${atStartMiB.toFixed(0)} MiB of them before the ` +
      "first tick; heap of an instance of 512 MB",
  });

/** At most linear: the processor time for each account does not grow. */
const growth = (few: Figures, many: Figures): Row =>
  row(
    "10",
    `processor time for each account, ${many.accounts} compared with ${few.accounts}`,
    many.cpuSeconds / many.accounts / (few.cpuSeconds / few.accounts),
    { unit: "×", bound: many.accounts >= 100_000 ? 1.1 : null },
  );

export const idleTick: Measure = {
  name: "idle",
  title: "idle: a tick while nothing is due",
  run: async (surroundings) => {
    const sizes = surroundings.full ? [1_000, 10_000, 100_000] : [1_000, 10_000];
    const figures: Figures[] = [];
    for (const accounts of sizes)
      figures.push(await measured({ accounts, found: false, withMemory: accounts === sizes.at(-1) }, surroundings));
    const [few, many] = figures.slice(-2);
    if (surroundings.full)
      figures.push(await measured({ accounts: 100_000, found: true, withMemory: true }, surroundings));
    return [...figures.flatMap(rowsOf), ...(few === undefined || many === undefined ? [] : [growth(few, many)])];
  },
};
