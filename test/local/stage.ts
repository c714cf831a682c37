import { startAzurite } from "../emulators/azurite";
import { type Emulators, startEmulators } from "../emulators/emulators";
import { subscriptionsOf } from "../emulators/event-grid";
import { startTableProxy } from "../emulators/table-proxy";
import { startApp } from "./app-process";
import { type AzureCalls, countAzureCalls } from "./azure-calls";
import type { Child } from "./child-process";
import { type ConsumerCounts, consumerConfigs, startConsumers, sumOfCounts } from "./consumer-processes";
import { cleanEnv } from "./clean-env";
import type { LoggedEvent } from "./rotation-events";
import { startPlatformApps } from "./platform-apps";
import { platformConsumers } from "./platform-consumers";
import { type KeyOf, type RotatorClient, rotatorClient } from "./rotator-client";
import { newKey } from "./host/function-keys";
import { type AccountPlan, type PlacedAccount, placeAccount } from "./staged-accounts";

export interface StageOptions {
  readonly plans: readonly AccountPlan[];
  /** The folder of the app: `host.json`, `package.json` and the bundle named there. */
  readonly app: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly onEvent: (event: LoggedEvent) => void;
  /** A message for the user: an error logged by the app, or a notice. */
  readonly onNotice: (text: string) => void;
  /** The output of all processes. */
  readonly onLine: (name: string, line: string) => void;
}

export interface Stage {
  readonly rotator: RotatorClient;
  readonly keyOf: KeyOf;
  /** Opens every function. */
  readonly hostKey: string;
  /** Stands for a machine that was removed: the app neither calls nor reports any more. */
  suspend(consumer: string): void;
  /** The names of the registered functions. */
  readonly functions: readonly string[];
  readonly calls: AzureCalls;
  /** The sum of all consumers; final when `close` has resolved. */
  counts(): ConsumerCounts;
  /** A person regenerates a key of this account, by its name in Batch. Event Grid reports it to the app. */
  regenerateManually(batchAccountName: string, slot: "primary" | "secondary"): void;
  /** Resolves with the reason when a process ends unexpectedly. */
  readonly broken: Promise<string>;
  close(): Promise<void>;
}

/** The functions of the HTTP routes. One key each, as in Azure: a key for signals cannot start a rotation. */
export const functionNames = [
  "dashboard",
  "rotateOnDemand",
  "receiveSignal",
  "accountStatus",
  "listAccounts",
  "accountHistory",
  "rotationRecord",
  "operateAccount",
  "checkAccount",
  "coverage",
  "receiveEvents",
  "resumeFleet",
  "openApi",
  "accountReaders",
];

/** Short times, so that a whole rotation takes less than half a minute. */
const fastGate = {
  mode: "signals",
  consumers: consumerConfigs,
  soak: "PT2S",
  signalFreshness: "PT10S",
  forgetInstanceAfter: "PT1M",
};
const fastSettings = {
  ROTATION_EMULATED: "true",
  ROTATION_SCHEDULE: "*/2 * * * * *",
  ROTATION_CLAIM: "PT20S",
  ROTATION_QUARANTINE: "PT5S",
  ROTATION_PLATFORM_SYNC: "PT7S",
};

const appEnv = (
  emulators: Emulators,
  storage: string,
  accounts: readonly PlacedAccount[],
  keys: { readonly host: string; readonly functions: Readonly<Record<string, string>> },
): Record<string, string> => ({
  ...cleanEnv(),
  ...emulators.env,
  ...fastSettings,
  AzureWebJobsStorage: storage,
  ROTATION_ACCOUNTS: JSON.stringify({
    defaults: { gate: fastGate },
    accounts: accounts.map(({ configured }) => configured),
  }),
  LOCAL_FUNCTION_KEYS: JSON.stringify(keys),
});

const firstToEnd = (children: readonly Child[], isClosing: () => boolean): Promise<string> =>
  new Promise((resolve) => {
    const watch = async ({ name, ended }: Child): Promise<void> => {
      const how = await ended.then(
        ({ code, signal }) => `ended unexpectedly (${signal ?? `exit code ${code ?? "unknown"}`})`,
        (problem: unknown) => `did not start: ${String(problem)}`,
      );
      if (!isClosing()) {
        resolve(`${name} ${how}`);
      }
    };
    void Promise.all(children.map(watch));
  });

/**
 * Starts Azure's services as emulators, Azurite, the app in a Functions host, and two apps that use the keys. `close`
 * and a failed start end all of them in reverse order.
 */
export const openStage = async (options: StageOptions): Promise<Stage> => {
  const closers: (() => Promise<unknown>)[] = [];
  const noticed = new Set<string>();
  let closing = false;
  const isClosing = (): boolean => closing;
  const close = async (): Promise<void> => {
    closing = true;
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  /** Starts both concurrently; each is ended even if the other fails to start. */
  const opened = async <T>(starting: Promise<T>, end: (started: T) => Promise<unknown>): Promise<T> => {
    const started = await starting;
    closers.push(() => end(started));
    return started;
  };

  try {
    const starting = [
      opened(startEmulators(), (emulators) => emulators.close()),
      opened(startAzurite(), (azurite) => azurite.stop()),
    ] as const;
    await Promise.allSettled(starting);
    const [emulators, azurite] = await Promise.all(starting);
    const tables = await opened(startTableProxy({ ...emulators, targetPort: azurite.port }), (proxy) => proxy.close());

    const accounts: PlacedAccount[] = [];
    for (const plan of options.plans) accounts.push(await placeAccount(plan, emulators));
    const keys = Object.fromEntries(functionNames.map((name) => [name, newKey()]));
    const hostKey = newKey();
    const keyOf: KeyOf = (name) => keys[name] ?? "";
    const names = [...consumerConfigs, ...platformConsumers].map(({ name }) => name);
    const calls = countAzureCalls(emulators.journal, names);

    const app = await opened(
      startApp({
        app: options.app,
        port: options.port,
        env: appEnv(emulators, tables.connectionString, accounts, { host: hostKey, functions: keys }),
        onEvent: options.onEvent,
        onError: (text) => {
          // An error that repeats every two seconds is shown once.
          if (!closing && !noticed.has(text)) {
            noticed.add(text);
            options.onNotice(`host: ${text}`);
          }
        },
        onLine: (line) => options.onLine("host", line),
      }),
      ({ child }) => child.stop(),
    );
    const url = `http://127.0.0.1:${app.port}/api`;
    for (const subscription of subscriptionsOf(`${url}/events?code=${keyOf("receiveEvents")}`))
      await emulators.grid.subscribe(subscription);
    const consumers = startConsumers({
      accounts: accounts.filter(({ plan }) => plan.onPlatforms !== true).map(({ consumer }) => consumer),
      rotatorUrl: url,
      signalKey: keyOf("receiveSignal"),
      env: { ...cleanEnv(), ...emulators.env },
      onLine: options.onLine,
    });
    closers.push(() => Promise.all(consumers.children.map((child) => child.stop())));
    const hosted = accounts
      .filter(({ plan }) => plan.onPlatforms === true)
      .map(({ consumer, vault }) => startPlatformApps(emulators, consumer, () => vault.newest(consumer.secretName)));
    closers.push(() => Promise.all(hosted.map((apps) => apps.stop())));
    if (consumers.notice !== null) options.onNotice(consumers.notice);
    return {
      rotator: rotatorClient(url, keyOf),
      keyOf,
      hostKey,
      suspend: (consumer) => consumers.children.find(({ name }) => name === consumer)?.suspend(),
      functions: app.functions,
      calls,
      counts: () => hosted.reduce((sum, apps) => sumOfCounts(sum, apps.counts()), consumers.counts()),
      regenerateManually: (name, slot) => void emulators.batch.regenerateManually(name, slot),
      broken: firstToEnd([app.child, ...consumers.children], isClosing),
      close,
    };
  } catch (problem) {
    await close();
    throw problem;
  }
};
