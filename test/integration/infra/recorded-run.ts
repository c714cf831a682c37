import { setTimeout as wait } from "node:timers/promises";
import type { PlacedAccount } from "../../e2e/app/placed-account";
import { until } from "../../e2e/local-host/until";
import { LocalReceiver } from "../../unit/alarms/receiver";
import { openWorld, type DeployedApp } from "../../e2e/app/world";
import type { Fault } from "../../emulators/faults";
import type { JournalEntry } from "../../emulators/journal";
import { onPlatforms, placePlatforms, platformRoutes } from "./placed-platforms";
import type { Line } from "./queries";

export interface RecordedRun {
  readonly entries: readonly JournalEntry[];
  readonly lines: readonly Line[];
  /** The names of the registered functions. */
  readonly functions: readonly string[];
}

/** Each fails once: the app needs no other right then. */
const faults: readonly Fault[] = [
  { route: "arm.getAccount", when: "before", kind: "status", status: 503, nth: 2 },
  { route: "arm.listKeys", when: "after", kind: "resetBeforeAnswer", nth: 2 },
  { route: "arm.regenerateKeys", when: "after", kind: "resetBeforeAnswer", nth: 1 },
  { route: "arm.regenerateKeys", when: "before", kind: "status", status: 429, retryAfter: 1, nth: 3 },
  { route: "vault.setSecret", when: "after", kind: "resetBeforeAnswer", nth: 2 },
  { route: "vault.getSecret", when: "before", kind: "status", status: 500, nth: 3 },
  { route: "vault.updateSecret", when: "after", kind: "truncatedJson", nth: 1 },
  { route: "tables.update", when: "after", kind: "resetBeforeAnswer", nth: 5 },
  { route: "tables.get", when: "before", kind: "status", status: 503, nth: 7 },
];

const giveUpAfterMs = 300_000;

const lineOf = (text: string): Line | null => {
  try {
    const { message } = JSON.parse(text);
    const line: unknown = JSON.parse(message);
    return typeof line === "object" && line !== null && "event" in line && typeof line.event === "string"
      ? { ...line, event: line.event }
      : null;
  } catch {
    return null;
  }
};

/** Ticks until the condition holds. `confirm`: the accounts whose consumer sends a good signal before each tick. */
const tickUntil = async (
  host: Awaited<ReturnType<DeployedApp["host"]>>,
  confirm: readonly PlacedAccount[],
  what: string,
  isSo: () => Promise<boolean>,
): Promise<void> => {
  const began = Date.now();
  for (;;) {
    await host.tick();
    for (const account of confirm) if (account.versions().length > 0) await host.signal(account.name, account.signal());
    if (await isSo()) return;
    if (Date.now() - began > giveUpAfterMs) throw new Error(`not within ${giveUpAfterMs / 1000} s: ${what}`);
    await wait(200);
  }
};

/**
 * Runs the built app on the emulators: rotations of an existing and of a new secret, a roll-back, a manually
 * regenerated key, consumers on platforms, a refused account, a webhook that is gone, a preflight, a pruned history,
 * and failures in between. Returns all requests and log lines.
 */
export const recordRun = async (): Promise<RecordedRun> => {
  const world = await openWorld();
  const gone = await new LocalReceiver().start();
  gone.answers = (response) => response.writeHead(410).end();
  try {
    const due = world.place({ name: "due", keyAgeDays: 61 });
    world.emulators.batch.setContent(due.batchName, { jobs: [{ id: "nightly" }] });
    const fresh = world.place({ name: "fresh", seed: null });
    const back = world.place({ name: "back" });
    const drifted = world.place({ name: "drifted", config: { reconcileEvery: "PT1S" } });
    const apps = world.place({ name: "apps", config: { gate: onPlatforms } });
    placePlatforms(world, apps);
    const wrong = await world.host([], { ROTATION_ACCOUNTS: "{" });
    await wrong.fireTimer();
    await until("the alarm about invalid settings", () => wrong.logged("ConfigurationInvalid").length > 0);
    const host = await world.host([due, fresh, back, drifted, apps], {
      ROTATION_ALERT_WEBHOOK_URL: gone.url,
      ROTATION_LOG_WORKSPACE_ID: world.emulators.logs.workspaceId,
    });
    const phase = async (account: PlacedAccount): Promise<string | null> => (await host.status(account.name)).phase;
    const outcome = async (account: PlacedAccount) => (await host.status(account.name)).lastRotation?.outcome;
    for (const fault of faults) world.emulators.faults.add(fault);

    const all = [due, fresh, back, drifted];
    await tickUntil(host, all, "all are adopted, one has rotated", async () => {
      const phases = await Promise.all(all.map(phase));
      return phases.every((one) => one === "idle") && (await outcome(due)) === "completed";
    });

    await host.rotate(fresh.name, { reason: "recorded" });
    await host.rotate(back.name, { reason: "recorded" });
    await tickUntil(host, [fresh], "one has rotated, one waits at its gate", async () => {
      return (await outcome(fresh)) === "completed" && (await phase(back)) === "published";
    });
    await host.operate(back.name, "rollback", { reason: "recorded" });

    await tickUntil(host, [], "every platform was asked for everything", async () => {
      const asked = new Set(world.emulators.journal.entries.map(({ route }) => route));
      return platformRoutes.every((route) => asked.has(route));
    });

    world.emulators.batch.regenerateManually(drifted.batchName, "primary");
    await tickUntil(
      host,
      [drifted, back],
      "the drift is repaired",
      async () => host.logged("DriftRepaired").length > 0 && host.logged("AlertDropped").length > 0,
    );

    // A history is kept for at least a day, so its first event is made older.
    await world.rows.change(drifted.name, (record) => ({ ...record, chain: { ...record.chain, prunedThrough: 1 } }));
    await tickUntil(host, [drifted], "an event is pruned", async () => {
      const [oldest] = await world.rows.history(drifted.name);
      return Number(oldest?.["sequence"]) > 1;
    });

    await host.call({ method: "GET", path: `/accounts/${due.name}/check`, keyOf: "checkAccount" });
    await host.call({ method: "GET", path: `/accounts/${due.name}/history`, keyOf: "accountHistory" });
    await host.list();

    world.emulators.batch.deny("listkeys/action");
    await host.rotate(due.name, { reason: "recorded" });
    await tickUntil(host, [], "one is blocked", async () => (await host.status(due.name)).blocked !== null);
    world.emulators.batch.allow("listkeys/action");

    world.emulators.faults.add({ route: "tables.get", when: "before", kind: "status", status: 403, nth: 1 });
    await tickUntil(host, [], "one's turn fails", async () => host.logged("AccountFailed").length > 0);

    return {
      entries: [...world.emulators.journal.entries],
      lines: [...wrong.lines, ...host.lines].map(lineOf).filter((line) => line !== null),
      functions: host.functions,
    };
  } finally {
    await gone.stop();
    await world.close();
  }
};
