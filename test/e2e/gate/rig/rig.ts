import type { AppLimits } from "../../../../lib/limits";
import type { Ports } from "../../../../lib/ports";
import type { AccountConfig } from "../../../../lib/rotation/account-config";
import type { RotationEvent } from "../../../../lib/rotation/events/events";
import { anApp } from "../../../builders/app";
import { days, minutes } from "../../../builders/time";
import { InMemoryBatch } from "../../../fakes/in-memory-batch";
import { InMemoryFaults } from "../../../fakes/in-memory-faults";
import { InMemoryHistory } from "../../../fakes/in-memory-history";
import { InMemoryNotices } from "../../../fakes/in-memory-notices";
import { InMemoryRotations } from "../../../fakes/in-memory-rotations";
import { InMemorySignals } from "../../../fakes/in-memory-signals";
import { InMemoryVault } from "../../../fakes/in-memory-vault";
import { type Death, dyingAt } from "./dying";
import { openSurface, type Surface } from "./surface";
import { VirtualClock } from "./virtual-clock";

/** As the app composes them for a `functionTimeout` of 5 minutes. */
export const limits: AppLimits = {
  claimMs: minutes(6),
  quarantineMs: minutes(5),
  callMs: minutes(0.5),
  dryRun: false,
  historyKeepMs: days(730),
  tickMs: minutes(2.5),
  requestMs: 100_000,
  claimWaitMs: 3_000,
};

/** A Tuesday. */
export const start = "2026-11-24T10:00:00.000Z";

export interface RigOptions {
  readonly limits?: Partial<AppLimits>;
  /** Ports that are something else than the fakes. */
  readonly ports?: Partial<Ports>;
  readonly clock?: VirtualClock;
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly event: string };

/** Azure in memory with a clock that a test moves, and the app's HTTP surface over it. */
export class Rig {
  readonly faults = new InMemoryFaults();
  readonly clock: VirtualClock;
  readonly batch = new InMemoryBatch(this.faults);
  readonly vault = new InMemoryVault(() => this.clock.now(), this.faults);
  readonly signals = new InMemorySignals(this.faults);
  readonly history = new InMemoryHistory(this.faults);
  readonly logged: LogLine[] = [];
  rotations = new InMemoryRotations(this.faults);
  readonly notices = new InMemoryNotices(this.faults);
  #accounts: readonly AccountConfig[] = [];
  #limits: AppLimits;
  #ids = 0;

  constructor(
    readonly surface: Surface,
    private readonly options: RigOptions,
  ) {
    this.clock = options.clock ?? new VirtualClock(start, "virtual");
    this.#limits = { ...limits, ...options.limits };
    this.restart();
  }

  get accounts(): readonly AccountConfig[] {
    return this.#accounts;
  }

  /** Another configuration, as after a deployment. */
  deploy(accounts: readonly AccountConfig[], change: Partial<AppLimits> = {}): void {
    this.#accounts = accounts;
    this.#limits = { ...this.#limits, ...change };
    this.restart();
  }

  /** A new process of the app over the same world; `wrap` may stand between it and its ports. */
  restart(wrap: (ports: Ports) => Ports = (ports) => ports): void {
    const ports = wrap(this.#ports());
    this.surface.use(anApp({ ports, limits: this.#limits, accounts: this.#accounts }));
  }

  /** As if somebody had deleted the rows. */
  forgetRecords(): void {
    this.rotations = new InMemoryRotations(this.faults);
    this.restart();
  }

  /** Runs `work` in a process that dies on the way, and starts a new one. False where the work was done before that. */
  async crash(death: Death, work: () => Promise<unknown>): Promise<boolean> {
    const died = new Promise<boolean>((resolve) => this.restart(dyingAt(death, () => resolve(true))));
    const outcome = await Promise.race([died, work().then(() => false)]);
    this.restart();
    return outcome;
  }

  /** What the table has of this account, oldest first. */
  events(account: string): readonly RotationEvent[] {
    return this.history.events(account).toReversed();
  }

  #ports(): Ports {
    return {
      clock: this.clock,
      batch: this.batch,
      secrets: this.vault,
      rotations: this.rotations,
      notices: this.notices,
      signals: this.signals,
      history: this.history,
      health: { ask: async () => ({ kind: "failed", problem: "is not there" }) },
      permissions: { principalId: async () => null, allows: async () => null },
      log: { write: (_level, line) => void this.logged.push(line) },
      alerts: { wanted: null, deliver: async () => "delivered" },
      ids: { next: () => `01JDF${String((this.#ids += 1)).padStart(21, "0")}` },
      ...this.options.ports,
    };
  }
}

export const openRig = async (options: RigOptions = {}): Promise<Rig> => new Rig(await openSurface(), options);
