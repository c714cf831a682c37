import { setTimeout as wait } from "node:timers/promises";
import { HistoryTable } from "../../../lib/azure/tables/history-table";
import { openTables } from "../../../lib/azure/tables/tables";
import type { RotationEvent } from "../../../lib/rotation/events/events";
import { type Azurite, startAzurite } from "../../emulators/azurite";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import { type BuiltApp, builtApp } from "../app/built-app";
import { type Answer, type Host, startHost, statusOf } from "../app/host";
import { type AccountPlan, type PlacedAccount, placeAccount } from "../app/placed-account";
import { until } from "../local-host/until";
import { type Counts, startConsumer } from "./consumer";
import { problemsOf } from "./history-problems";

export interface RigOptions {
  readonly plans: readonly AccountPlan[];
  /** The folder of Azurite's tables; null for memory. */
  readonly folder: string | null;
}

/** Azure's services, accounts with two continuously calling app instances each, and the running hosts. */
export interface Hosts {
  readonly emulators: Emulators;
  readonly azurite: Azurite;
  readonly accounts: readonly PlacedAccount[];
  /** False while apps cannot reach the vault and keep their keys. */
  vaultAnswers: boolean;
  /** Starts a host that receives requests until it is removed. */
  host(): Promise<Host>;
  takeAway(host: Host): void;
  /** Requests rotations of every account continuously; most are refused, as one is under way. */
  demandUntil(isOver: () => boolean): Promise<void>;
  /** Requests rotations of accounts that have not completed any, until all accounts are idle. */
  allRotated(): Promise<void>;
  /** Oldest first. */
  history(account: string): Promise<readonly RotationEvent[]>;
  /** Requires that no app was harmed, that every history is without problems, and that no first key lives. */
  expectUnharmed(minAnswered: number): Promise<readonly (readonly RotationEvent[])[]>;
  close(): Promise<void>;
}

/** Ten times what the longest of these tests needs on an idle machine. */
export const maxMs = 600_000;

const tablePrefix = "Crashes";
const instances = [
  { instance: "vm-1", refreshMs: 150 },
  { instance: "vm-2", refreshMs: 500 },
] as const;

/** A claim of 2 s and a quarantine of 1 s, so that a test sees them end; a tick every second. */
const settings = {
  ROTATION_SCHEDULE: "* * * * * *",
  ROTATION_TABLE_PREFIX: tablePrefix,
  ROTATION_CLAIM: "PT2S",
  ROTATION_QUARANTINE: "PT1S",
};
const gate = { consumers: [{ name: "render-api", instances: 2, proof: "required" }], soak: "PT0S" } as const;

const path = (): Record<string, string> => (process.env["PATH"] === undefined ? {} : { PATH: process.env["PATH"] });

export const openHosts = async ({ plans, folder }: RigOptions): Promise<Hosts> => {
  const [emulators, azurite, app]: [Emulators, Azurite, BuiltApp] = await Promise.all([
    startEmulators(),
    startAzurite(folder === null ? {} : { folder }),
    builtApp(),
  ]);
  const vault = await emulators.addVault("render-keys");
  const accounts = plans.map((plan) => placeAccount(plan, emulators, vault));
  const firstKeys = accounts.flatMap((account) => Object.values(account.keys()));
  const env = {
    ...path(),
    ...emulators.env,
    ...settings,
    AzureWebJobsStorage: azurite.connectionString,
    ROTATION_ACCOUNTS: JSON.stringify({ defaults: { gate }, accounts: accounts.map(({ configured }) => configured) }),
  };
  const counts: Counts = { answered: 0, refused: 0, failed: 0 };
  /** Of the invariant that the newest version is accepted after every request. */
  const violations: string[] = [];
  const [living, started] = [new Set<Host>(), new Set<Host>()];
  let turn = 0;

  const look = (after: string): void => {
    for (const { name, batchName, secretName } of accounts) {
      const newest = vault.newest(secretName);
      if (newest !== null && !(newest.enabled && emulators.batch.accepts(batchName, newest.value))) {
        violations.push(`${name}: the newest version is not accepted after ${after}`);
      }
    }
  };
  emulators.journal.onRequest(({ route, subject }) => look(`${route} of ${subject ?? "nothing"}`));

  const history = new HistoryTable(
    openTables(
      { kind: "connectionString", connectionString: azurite.connectionString, allowInsecureConnection: true },
      tablePrefix,
      { next: () => "the test only reads" },
    ).history,
  );
  /** The answer of one of the running hosts; null without one, because a host may be killed at any moment. */
  const ask = async (request: (host: Host) => Promise<Answer>): Promise<Answer | null> => {
    turn += 1;
    const host = [...living][turn % Math.max(1, living.size)];
    return host === undefined ? null : request(host).catch(() => null);
  };
  const demand = ({ name }: PlacedAccount) => ask((host) => host.rotate(name, { reason: "the test asks" }));

  /** True once the account is idle after a completed rotation. */
  const attend = async (account: PlacedAccount): Promise<boolean> => {
    const answer = await ask((host) => host.get(account.name));
    if (answer?.status !== 200) return false;
    const found = statusOf(answer);
    const backsOff = found.waitingFor?.reason === "BackingOff";
    // A resume after a pause tries at once; a process may end between the two.
    if (backsOff) await ask((host) => host.operate(account.name, "pause", { reason: "the test waits" }));
    if (found.blocked !== null || found.paused || backsOff) {
      await ask((host) => host.operate(account.name, "resume", { reason: "at once, please" }));
    }
    if (found.phase === "idle" && found.lastRotation === null) await demand(account);
    return found.phase === "idle" && found.lastRotation?.outcome === "completed";
  };

  const rig: Hosts = {
    emulators,
    azurite,
    accounts,
    vaultAnswers: true,
    host: async () => {
      const host = await startHost({ app: app.folder, env });
      living.add(host);
      started.add(host);
      return host;
    },
    takeAway: (host) => void living.delete(host),
    demandUntil: async (isOver) => {
      while (!isOver()) {
        await Promise.all(accounts.map(demand));
        await wait(300);
      }
    },
    allRotated: async () => {
      await until(
        "every account to be idle after a whole rotation",
        async () => (await Promise.all(accounts.map(attend))).every(Boolean),
        maxMs / 2,
      );
    },
    history: async (account) => {
      const { events } = await history.page(
        account,
        { limit: 900, before: null },
        { signal: AbortSignal.timeout(120_000) },
      );
      return events.toReversed();
    },
    expectUnharmed: async (minAnswered) => {
      expect(violations).toEqual([]);
      expect(counts.refused).toBe(0);
      expect(counts.answered).toBeGreaterThan(minAnswered);
      const live = accounts.flatMap((account) => Object.values(account.keys()));
      expect(firstKeys.filter((key) => live.includes(key)).length).toBe(0);
      const histories = await Promise.all(accounts.map(({ name }) => rig.history(name)));
      expect(histories.flatMap(problemsOf)).toEqual([]);
      return histories;
    },
    close: async () => {
      await Promise.all(stops.map((stop) => stop()));
      await Promise.all([...started].map((host) => host.stop()));
      await Promise.all([azurite.stop(), emulators.close()]);
      app.remove();
    },
  };
  const stops = accounts.flatMap((account) =>
    instances.map((one) =>
      startConsumer({
        ...one,
        account,
        counts,
        dataPlaneHost: emulators.dataPlaneHost,
        vaultAnswers: () => rig.vaultAnswers,
        send: (name, signal) => ask((host) => host.signal(name, signal)),
      }),
    ),
  );
  return rig;
};
