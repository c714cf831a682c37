import { rotationOf } from "../../../lib/rotation/phases";
import type { FleetConfig } from "../../../lib/rotation/fleet/fleet-config";
import type { RotationRecord } from "../../../lib/rotation/record";
import { toInstant } from "../../../lib/rotation/time/time";
import type { StatusBody } from "../../../lib/operations/status/status";
import type { AccountConfig } from "../../../lib/rotation/account-config";
import { type AccountChanges, anAccount } from "../../builders/account";
import { days, minutes } from "../../builders/time";
import type { Operation } from "../../fakes/world/faults";
import type { Process } from "../../fakes/world/process";
import * as product from "../../fakes/world/product";
import { startProcess, type StartOptions } from "../../fakes/world/start-process";
import { World } from "../../fakes/world/world";

export interface FleetStoryOptions {
  readonly fleet: FleetConfig;
  readonly accounts?: number;
  readonly account?: AccountChanges;
  /** The age of each key at first sight, in milliseconds. */
  readonly keyAgeMs?: number;
}

/** Several accounts in one world, each with one app that reads the vault and reports. All are due at first. */
export class FleetStory {
  readonly world = new World({ product });
  readonly accounts: readonly AccountConfig[];
  readonly first: Process;
  /** Whether every new key breaks the app that reads it. */
  keysBreakApps = false;
  readonly #versionsAtFirst = new Map<string, string>();

  constructor(private readonly options: FleetStoryOptions) {
    const { accounts = 4, account, keyAgeMs = days(61) } = options;
    this.accounts = Array.from({ length: accounts }, (_, n) => memberOf(n, account));
    for (const { batch, secret } of this.accounts) {
      this.world.batch.create(batch.resourceId);
      const { value } = this.world.batch.of(batch.resourceId).keys.primary;
      const createdAtMs = this.world.wallMs - keyAgeMs;
      const { version } = this.world.vault.add(secret, { value, by: "initial", createdAtMs, effect: 0 });
      this.#versionsAtFirst.set(secret.name, version);
    }
    this.first = this.start("p1");
  }

  start(name: string, changes: Partial<StartOptions> = {}): Process {
    return startProcess(this.world, this.accounts, { name, fleet: this.options.fleet, ...changes });
  }

  /** Every app reads the newest version and reports; then the timer fires. */
  async round(process: Process = this.first, afterMs = minutes(5)): Promise<void> {
    this.world.timeline.to(this.world.timeline.now + afterMs);
    for (const config of this.accounts) await this.#report(config, process);
    await process.ticker.tick();
  }

  async rounds(count: number, process: Process = this.first): Promise<void> {
    for (let round = 0; round < count; round += 1) await this.round(process);
  }

  /** Rounds until it is so; fails where that takes more than 40. */
  async until(isSo: () => boolean, process: Process = this.first): Promise<void> {
    for (let round = 0; !isSo(); round += 1) {
      if (round === 40) throw new Error("nothing came of it");
      await this.round(process);
    }
  }

  async #report({ name, secret }: AccountConfig, { app }: Process): Promise<void> {
    const newest = this.world.vault.newest(secret);
    const config = app.accounts.find(name);
    if (newest === null || config === null) return;
    const healthy = !this.keysBreakApps || newest.version === this.#versionsAtFirst.get(secret.name);
    const body = { consumer: "render-api", instance: "vm-1", secretVersion: newest.version, healthy };
    const at = toInstant(new Date(this.world.wallMs));
    await product.receiveSignal(app, config, { ...body, at, detail: null, proof: null, leaving: false });
  }

  async status(account: number, { app }: Process = this.first): Promise<StatusBody> {
    const config = app.accounts.find(nameOf(account));
    if (config === null) throw new Error(`there is no account ${account}`);
    return product.readStatus(app, config);
  }

  /** Null before first sight. */
  record(account: number): RotationRecord | null {
    return this.world.tables.rotations.get(nameOf(account))?.record ?? null;
  }

  /** Names of the accounts with a scheduled rotation under way. */
  get rotating(): readonly string[] {
    return [...this.world.tables.rotations.values()]
      .filter(({ record }) => rotationOf(record.state)?.trigger === "schedule")
      .map(({ record }) => record.account);
  }

  /** Names of the accounts of which a scheduled rotation has ever started. */
  get touched(): readonly string[] {
    return this.accounts.map(({ name }) => name).filter((name) => this.events(name).includes("RotationStarted"));
  }

  events(account: string): readonly string[] {
    return this.world.tables.events(account).map(({ event }) => event);
  }

  /** What waits for what, by account. */
  async waiting(): Promise<readonly (string | null)[]> {
    const statuses = await Promise.all(this.accounts.map((_, n) => this.status(n)));
    return statuses.map(({ waitingFor }) => waitingFor?.reason ?? null);
  }

  /** How many requests of these kinds `act` makes. */
  async requests(operations: readonly Operation[], act: () => Promise<unknown>): Promise<number> {
    const count = (): number => operations.reduce((sum, each) => sum + this.world.faults.calls(each), 0);
    const before = count();
    await act();
    return count() - before;
  }
}

export const nameOf = (account: number): string => `account-${account + 1}`;

const memberOf = (index: number, changes: AccountChanges = {}): AccountConfig => {
  const base = anAccount(changes);
  const accountName = `batch${index + 1}`;
  return {
    ...base,
    name: nameOf(index),
    batch: { ...base.batch, accountName, resourceId: base.batch.resourceId.replace("renderweu", accountName) },
    secret: { ...base.secret, name: `${accountName}-key` },
  };
};
