import type { BatchAccounts } from "../../emulators/batch-accounts";
import type { Vault } from "../../emulators/vault";
import { accountNames } from "./fleet-plan";

interface App {
  readonly account: string;
  version: string;
  value: string;
  /** The version that the rotator knows of. */
  reported: string;
  healthy: boolean;
  /** When it reports again what was not taken: the rotator does not know the account yet. */
  againAt: number;
}

export interface FleetAppsOptions {
  readonly batch: BatchAccounts;
  readonly vault: Vault;
  /** Posts one signal. True where it was taken. */
  readonly send: (account: string, signal: object) => Promise<boolean>;
}

const roundMs = 250;
const sendersAtOnce = 6;
const againAfterMs = 2_000;

const isToSend = ({ version, reported, againAt }: App): boolean => version !== reported && Date.now() >= againAt;

/** One app for each account: it reads each new version of its secret, uses that key, and reports it. */
export class FleetApps {
  /** Whether Batch accepted the key that an app uses, at each round of each app. */
  accepted = 0;
  refused = 0;
  /** Since an update that breaks an app as soon as it reads a new key. */
  updated = false;
  readonly #apps: readonly App[] = accountNames.map((account) => ({
    account,
    version: "",
    value: "",
    reported: "",
    healthy: true,
    againAt: 0,
  }));
  #timer: NodeJS.Timeout | null = null;
  #sending: Promise<void> = Promise.resolve();
  #isSending = false;

  constructor(private readonly options: FleetAppsOptions) {}

  start(): void {
    this.#timer = setInterval(() => this.#round(), roundMs);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#sending;
  }

  #round(): void {
    const { batch, vault } = this.options;
    for (const app of this.#apps) {
      const newest = vault.newest(`${app.account}-batch-key`);
      if (newest?.enabled === true && newest.version !== app.version) {
        app.healthy = app.version === "" || !this.updated;
        app.version = newest.version;
        app.value = newest.value;
      }
      if (batch.accepts(app.account, app.value)) this.accepted += 1;
      else this.refused += 1;
    }
    if (!this.#isSending) this.#sending = this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    const waiting = this.#apps.filter(isToSend).values();
    await Promise.all(Array.from({ length: sendersAtOnce }, () => this.#sendSome(waiting)));
    this.#isSending = false;
  }

  async #sendSome(waiting: IterableIterator<App>): Promise<void> {
    for (const app of waiting) {
      const { account, version, healthy } = app;
      const signal = { consumer: "render-api", instance: "vm-1", secretVersion: version, healthy };
      const taken = await this.options.send(account, { ...signal, at: new Date().toISOString() }).catch(() => false);
      if (taken) app.reported = version;
      else app.againAt = Date.now() + againAfterMs;
    }
  }
}
