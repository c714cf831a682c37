import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import packageJson from "../../../package.json";
import { startAzurite } from "../../emulators/azurite";
import { Faults } from "../../emulators/faults";
import { Journal } from "../../emulators/journal";
import { startTableProxy } from "../../emulators/table-proxy";
import { packageApp } from "../../tools/package";
import { startBenchHost } from "../bench-host";
import { idleRecord, seedRecords } from "../seeded-records";
import { type Measure, median, type Row, row, type Surroundings } from "../row";
import { configurationOf } from "./idle-accounts";

const root = path.resolve(__dirname, "../../..");
const prefix = "Idle";

interface Figures {
  readonly accounts: number;
  readonly requests: number;
  readonly seconds: number;
  readonly peakMiB: number;
}

/** What one tick costs where nothing is due: the requests through a counting proxy, time and memory without it. */
const measured = async (accounts: number, { stop, progress }: Surroundings): Promise<Figures> => {
  const folder = mkdtempSync(path.join(tmpdir(), "bench-idle-"));
  const azurite = await startAzurite();
  const journal = new Journal();
  const proxy = await startTableProxy({ targetPort: azurite.port, faults: new Faults(), journal });
  try {
    packageApp(path.join(folder, "app"), path.join(root, packageJson.main));
    const file = configurationOf(accounts);
    writeFileSync(path.join(folder, "app/accounts.json"), file);
    const env = (connectionString: string): Readonly<Record<string, string>> => ({
      PATH: process.env["PATH"] ?? "",
      AzureWebJobsStorage: connectionString,
      ROTATION_ACCOUNTS: "@accounts.json",
      ROTATION_VAULT_URL: "https://bench.vault.azure.net",
      ROTATION_TABLE_PREFIX: prefix,
      ROTATION_SCHEDULE: "0 0 0 1 1 *",
      ROTATION_EMULATED: "true",
    });
    progress(`  ${accounts} records are written`);
    await seedRecords({
      connectionString: azurite.connectionString,
      prefix,
      file,
      stop,
      env: env(azurite.connectionString),
      recordOf: (config, now) => idleRecord(config, now, "bench.westeurope.batch.azure.com", {}),
    });
    progress(`  ticks over ${accounts} idle accounts`);
    const requests = await counted(path.join(folder, "app"), env(proxy.connectionString), journal);
    return { accounts, requests, ...(await timed(path.join(folder, "app"), env(azurite.connectionString))) };
  } finally {
    await proxy.close();
    await azurite.stop();
    rmSync(folder, { recursive: true, force: true });
  }
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
): Promise<{ seconds: number; peakMiB: number }> => {
  const host = await startBenchHost(app, env);
  try {
    const before = host.peakMiB();
    await host.tick();
    host.resetPeak();
    const ticks = [await host.tick(), await host.tick(), await host.tick()];
    return { seconds: median(ticks.map(({ ms }) => ms)) / 1000, peakMiB: host.peakMiB() - before };
  } finally {
    await host.stop();
  }
};

const bounds: Readonly<Record<number, number>> = { 10_000: 14, 100_000: 110 };

const rowsOf = ({ accounts, requests, seconds, peakMiB }: Figures): readonly Row[] => {
  const of = `${accounts.toLocaleString("en-US")} idle accounts`;
  const large = accounts >= 100_000;
  return [
    row("10", `table requests of a tick over ${of}`, requests, { bound: bounds[accounts] ?? null }),
    row("10", `time of a tick over ${of}`, seconds, {
      unit: "s",
      bound: large ? 5 : null,
      note: "real time, against Azurite",
    }),
    row("10", `memory of the host during it`, peakMiB, {
      unit: "MiB",
      bound: large ? 200 : null,
      note: "peak, less that of the same host before its first tick",
    }),
  ];
};

/** At most linear: the time for each account does not grow. */
const growth = (few: Figures, many: Figures): Row =>
  row(
    "10",
    `time for each account, ${many.accounts} compared with ${few.accounts}`,
    many.seconds / many.accounts / (few.seconds / few.accounts),
    { unit: "×", bound: many.accounts >= 100_000 ? 1.1 : null },
  );

export const idleTick: Measure = {
  name: "idle",
  title: "idle: a tick while nothing is due",
  run: async (surroundings) => {
    const sizes = surroundings.full ? [1_000, 10_000, 100_000] : [1_000, 10_000];
    const figures: Figures[] = [];
    for (const size of sizes) figures.push(await measured(size, surroundings));
    const [few, many] = figures.slice(-2);
    return [...figures.flatMap(rowsOf), ...(few === undefined || many === undefined ? [] : [growth(few, many)])];
  },
};
