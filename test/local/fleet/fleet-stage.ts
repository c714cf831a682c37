import { randomBytes } from "node:crypto";
import { startAzurite } from "../../emulators/azurite";
import { startEmulators } from "../../emulators/emulators";
import { startTableProxy } from "../../emulators/table-proxy";
import { startApp } from "../app-process";
import { cleanEnv } from "../clean-env";
import { FleetApps } from "./fleet-apps";
import { FleetLedger, notedIn } from "./fleet-ledger";
import { accountNames, configuration, tags } from "./fleet-plan";

export interface FleetStage {
  readonly ledger: FleetLedger;
  readonly apps: FleetApps;
  /** Sets the tags of all accounts. */
  tagAll(): void;
  /** How many accounts wait for each reason; those that wait for nothing under `none`. */
  waiting(): Promise<ReadonlyMap<string, number>>;
  /** Resolves with the reason when the app ends unexpectedly. */
  readonly broken: Promise<string>;
  close(): Promise<void>;
}

const settings = {
  ROTATION_EMULATED: "true",
  // Each run of the timer looks at every account that is not at rest.
  ROTATION_SCHEDULE: "*/4 * * * * *",
  ROTATION_CLAIM: "PT30S",
  ROTATION_QUARANTINE: "PT5S",
};

const keyAgeMs = 61 * 86_400_000;

interface Listed {
  readonly accounts: readonly { readonly waitingFor: { readonly reason: string } | null }[];
}

const newKey = (): string => randomBytes(32).toString("base64url");

/** Emulators with the accounts of the plan, Azurite, the app in a Functions host, and the apps that use the keys. */
export const openFleetStage = async (app: string, onLine: (line: string) => void): Promise<FleetStage> => {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const emulators = await startEmulators();
    closers.push(() => emulators.close());
    const azurite = await startAzurite();
    closers.push(() => azurite.stop());
    const tables = await startTableProxy({ ...emulators, targetPort: azurite.port });
    closers.push(() => tables.close());
    const vault = await emulators.addVault("fleet-vault");
    for (const name of accountNames) {
      emulators.batch.addAccount({ name });
      const value = emulators.batch.keys(name).primary;
      vault.seed(`${name}-batch-key`, { value, createdOn: new Date(Date.now() - keyAgeMs) });
    }
    const keys = { receiveSignal: newKey(), listAccounts: newKey() };
    const ledger = new FleetLedger();
    const host = await startApp({
      app,
      port: 0,
      env: {
        ...cleanEnv(),
        ...emulators.env,
        ...settings,
        AzureWebJobsStorage: tables.connectionString,
        ROTATION_ACCOUNTS: JSON.stringify(configuration(vault.url, emulators.subscriptionId)),
        LOCAL_FUNCTION_KEYS: JSON.stringify({ functions: keys }),
      },
      onEvent: () => undefined,
      onError: () => undefined,
      onLine: (line) => {
        const noted = notedIn(line);
        if (noted !== null) ledger.note(noted);
        onLine(line);
      },
    });
    closers.push(() => host.child.stop());
    const url = `http://127.0.0.1:${host.port}/api`;
    const apps = new FleetApps({
      batch: emulators.batch,
      vault,
      send: async (account, signal) => {
        const headers = { "content-type": "application/json", "x-functions-key": keys.receiveSignal };
        const init = { method: "POST", headers, body: JSON.stringify(signal), signal: AbortSignal.timeout(20_000) };
        const response = await fetch(`${url}/accounts/${account}/signals`, init);
        await response.arrayBuffer();
        return response.status === 202;
      },
    });
    closers.push(() => apps.stop());
    apps.start();
    return {
      ledger,
      apps,
      tagAll: () => {
        for (const name of accountNames) emulators.batch.setTags(name, tags);
      },
      waiting: async () => {
        const init = { headers: { "x-functions-key": keys.listAccounts }, signal: AbortSignal.timeout(20_000) };
        const { accounts }: Listed = JSON.parse(await (await fetch(`${url}/accounts`, init)).text());
        const counts = new Map<string, number>();
        for (const { waitingFor } of accounts) {
          const reason = waitingFor?.reason ?? "none";
          counts.set(reason, (counts.get(reason) ?? 0) + 1);
        }
        return counts;
      },
      broken: host.child.ended.then(({ code, signal }) => `the host ended unexpectedly (${signal ?? code})`),
      close,
    };
  } catch (problem) {
    await close();
    throw problem;
  }
};
