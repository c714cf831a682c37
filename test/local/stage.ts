import { randomBytes } from "node:crypto";
import { startAzurite } from "../emulators/azurite";
import { type Emulators, startEmulators } from "../emulators/emulators";
import { startTableProxy } from "../emulators/table-proxy";
import { startApp } from "./app-process";
import { type AzureCalls, countAzureCalls } from "./azure-calls";
import type { Child } from "./child-process";
import { type ConsumerCounts, consumerConfigs, startConsumers } from "./consumer-processes";
import type { LoggedEvent } from "./rotation-events";
import { type KeyOf, type RotatorClient, rotatorClient } from "./rotator-client";
import { type AccountPlan, type PlacedAccount, placeAccount } from "./staged-accounts";

export interface StageOptions {
  readonly plans: readonly AccountPlan[];
  /** Folder of the app: `host.json`, `package.json` and the bundle that it names. */
  readonly app: string;
  /** 0: any free one. */
  readonly port: number;
  readonly onEvent: (event: LoggedEvent) => void;
  /** Something a person should see: an error that the app has logged, a notice. */
  readonly onNotice: (text: string) => void;
  /** Every line of every process. */
  readonly onLine: (name: string, line: string) => void;
}

export interface Stage {
  readonly rotator: RotatorClient;
  readonly keyOf: KeyOf;
  /** Names of the functions that the app has registered. */
  readonly functions: readonly string[];
  readonly calls: AzureCalls;
  /** All consumers together. Final once `close` has resolved. */
  counts(): ConsumerCounts;
  /** Resolves, with what happened, when a process ends that should not. */
  readonly broken: Promise<string>;
  close(): Promise<void>;
}

/** One key each, as in Azure: who may post signals can't start a rotation. */
const functionNames = [
  "rotateOnDemand",
  "receiveSignal",
  "accountStatus",
  "listAccounts",
  "accountHistory",
  "rotationRecord",
  "operateAccount",
  "checkAccount",
  "dashboard",
  "openApi",
];

/** Short times, so that a whole rotation fits into half a minute. */
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
};

const ownSettings = /^(ROTATION_|AzureWebJobs|AZURE_|IDENTITY_|WEBSITE_|CONSUMER_|LOCAL_FUNCTION_|npm_)/i;

/** The developer's own settings for Azure must not reach what runs here. */
const cleanEnv = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || ownSettings.test(name) ? [] : [[name, value]],
    ),
  );

const appEnv = (
  emulators: Emulators,
  storage: string,
  accounts: readonly PlacedAccount[],
  keys: Readonly<Record<string, string>>,
): Record<string, string> => ({
  ...cleanEnv(),
  ...emulators.env,
  ...fastSettings,
  AzureWebJobsStorage: storage,
  ROTATION_ACCOUNTS: JSON.stringify({
    defaults: { gate: fastGate },
    accounts: accounts.map(({ configured }) => configured),
  }),
  LOCAL_FUNCTION_KEYS: JSON.stringify({ functions: keys }),
});

const firstToEnd = (children: readonly Child[], isClosing: () => boolean): Promise<string> =>
  new Promise((resolve) => {
    const watch = async ({ name, ended }: Child): Promise<void> => {
      const how = await ended.then(
        ({ code, signal }) => `ended by itself (${signal ?? `exit code ${code ?? "unknown"}`})`,
        (problem: unknown) => `did not start: ${String(problem)}`,
      );
      if (!isClosing()) {
        resolve(`${name} ${how}`);
      }
    };
    void Promise.all(children.map(watch));
  });

/**
 * Everything on this machine: Azure's services as emulators, Azurite, the app in a Functions host, and two apps that use the keys.
 * Whatever has been started is ended again, last first, by `close`, and when the start itself fails.
 */
export const openStage = async (options: StageOptions): Promise<Stage> => {
  const closers: (() => Promise<unknown>)[] = [];
  const noticed = new Set<string>();
  let closing = false;
  const isClosing = (): boolean => closing;
  const close = async (): Promise<void> => {
    closing = true;
    for (const closer of closers.splice(0).toReversed()) {
      await closer();
    }
  };
  /** Both start at the same time; each is ended even where the other fails to start. */
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
    for (const plan of options.plans) {
      accounts.push(await placeAccount(plan, emulators));
    }
    const keys = Object.fromEntries(functionNames.map((name) => [name, randomBytes(32).toString("base64url")]));
    const keyOf: KeyOf = (name) => keys[name] ?? "";
    const names = consumerConfigs.map(({ name }) => name);
    const calls = countAzureCalls(emulators.journal, names);

    const app = await opened(
      startApp({
        app: options.app,
        port: options.port,
        env: appEnv(emulators, tables.connectionString, accounts, keys),
        onEvent: options.onEvent,
        onError: (text) => {
          // An error that comes back every two seconds is news once.
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
    const consumers = startConsumers({
      accounts: accounts.map(({ consumer }) => consumer),
      rotatorUrl: url,
      signalKey: keyOf("receiveSignal"),
      env: { ...cleanEnv(), ...emulators.env },
      onLine: options.onLine,
    });
    closers.push(() => Promise.all(consumers.children.map((child) => child.stop())));
    if (consumers.notice !== null) {
      options.onNotice(consumers.notice);
    }
    return {
      rotator: rotatorClient(url, keyOf),
      keyOf,
      functions: app.functions,
      calls,
      counts: () => consumers.counts(),
      broken: firstToEnd([app.child, ...consumers.children], isClosing),
      close,
    };
  } catch (problem) {
    await close();
    throw problem;
  }
};
