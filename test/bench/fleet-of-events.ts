import type { AccountConfig } from "../../lib/rotation/account-config";
import { aGate, anAccount } from "../builders/account";
import { aKeyOperation } from "../builders/azure-event";
import { days, minutes } from "../builders/time";
import type { Operation } from "../fakes/world/faults";
import { noObserver } from "../fakes/world/observer";
import type { Process } from "../fakes/world/process";
import * as product from "../fakes/world/product";
import { startProcess } from "../fakes/world/start-process";
import { World } from "../fakes/world/world";

export const own = "0a0a0a0a-0000-4000-8000-00000000000a";

/** How long each call takes, in milliseconds. */
const latencies: readonly (readonly [string, number])[] = [
  ["batch.probe", 40],
  ["batch", 150],
  ["secrets", 60],
];
const latencyMs = (operation: Operation): number => latencies.find(([part]) => operation.startsWith(part))?.[1] ?? 15;

const tickEveryMs = minutes(5);

/** Idle accounts on the in-memory services, driven by two processes: their timers, and events. */
export class FleetOfEvents {
  readonly world = new World({ product, course: "stepped", latencyMs, checked: false, seed: 13 });
  readonly accounts: readonly AccountConfig[];
  readonly processes: readonly Process[];
  /** When a key of each account was last published, in virtual time. */
  readonly publishedAt = new Map<string, number[]>();
  #deliveries = 0;
  #open = 0;

  constructor(count: number) {
    this.accounts = Array.from({ length: count }, (_, index) => accountOf(index));
    const { world } = this;
    world.principal = own;
    world.observer = {
      ...noObserver,
      published: ({ resourceId }) => {
        const known = this.publishedAt.get(resourceId);
        if (known === undefined) this.publishedAt.set(resourceId, [world.timeline.now]);
        else known.push(world.timeline.now);
      },
    };
    for (const { batch, secret } of this.accounts) {
      world.batch.create(batch.resourceId);
      const value = world.batch.liveKeys(batch).primary;
      world.vault.add(secret, { value, by: "initial", createdAtMs: world.wallMs, effect: 0 });
    }
    this.processes = ["p1", "p2"].map((name) => startProcess(world, this.accounts, { name }));
  }

  /** Ticks from now on, at each of these instants; `after` follows each of them. */
  tickUntil(endMs: number, after: () => void = () => undefined): void {
    const { world, processes } = this;
    for (let at = world.timeline.now + tickEveryMs, turn = 0; at <= endMs; at += tickEveryMs, turn++) {
      const process = processes[turn % processes.length];
      this.#at(at, async () => {
        await process?.ticker.tick();
        after();
      });
    }
  }

  /** An event is delivered to one of the processes. */
  deliver(atMs: number, event: unknown): void {
    const { processes, world } = this;
    const process = processes[this.#deliveries++ % processes.length];
    this.#at(atMs, async () => {
      const sent = product.parseEvents([event], new Date(world.wallMs));
      if (process === undefined || sent.kind === "invalid" || !("events" in sent.value)) throw new Error("no event");
      await product.receiveEvents(process.app, sent.value);
    });
  }

  regenerated(resourceId: string, id: string, changes: Parameters<typeof aKeyOperation>[0] = {}) {
    return aKeyOperation({ resourceId, id, at: new Date(this.world.wallMs).toISOString(), ...changes });
  }

  /** Whether apps read a live key of every account. */
  get allLive(): boolean {
    return this.accounts.every(({ batch, secret }) =>
      Object.values(this.world.batch.liveKeys(batch)).includes(this.world.vault.newest(secret)?.value ?? ""),
    );
  }

  /** Requests to Resource Manager so far. */
  get armCalls(): number {
    const { faults } = this.world;
    return faults.calls("batch.readAccount") + faults.calls("batch.readKeys") + faults.calls("batch.regenerate");
  }

  /** What a person does at this instant. */
  personAt(atMs: number, act: () => void): void {
    this.world.timeline.add(atMs, act, { wakes: false });
  }

  async runTo(endMs: number): Promise<void> {
    let over = false;
    this.world.timeline.add(endMs, () => {
      over = true;
    });
    await this.world.timeline.run(() => over && this.#open === 0);
  }

  #at(atMs: number, work: () => Promise<void>): void {
    this.world.timeline.add(atMs, () => {
      this.#open += 1;
      void work()
        .catch(() => undefined)
        .finally(() => {
          this.#open -= 1;
        });
    });
  }
}

const accountOf = (index: number): AccountConfig => {
  const name = `render${index}`;
  const { batch } = anAccount();
  return anAccount({
    name,
    batch: { ...batch, accountName: name, resourceId: batch.resourceId.replace(/[^/]+$/, name) },
    secret: { vaultUrl: "https://render.vault.azure.net", name: `${name}-batch-key` },
    rotateEveryMs: days(365),
    gate: aGate({ mode: "delay", delayMs: minutes(1), consumers: [] }),
  });
};
