import { safeMessage } from "../../errors";
import type { App } from "../../app";
import { sha256 } from "../../hash";
import { callOptions } from "../../limits";
import type { AccountConfig } from "../../rotation/account-config";
import { nothingSeen } from "../../rotation/gate/sightings";
import type { Instant } from "../../rotation/time/time";
import { stateLine } from "./account-states";
import { alarmOthers } from "../alarms/alarm-others";
import { handOver } from "./hand-over";
import {
  type Counts,
  countsOf,
  type Notices,
  type Outcome,
  processAccounts,
  readNotices,
  withOpenNotice,
} from "./process-accounts";
import { reportRotator } from "../alarms/rotator-alarms";
import { statusOf } from "../status/status";
import { type AtRest, type Survey, Surveyor } from "./survey";
import type { Work } from "./work";

export interface TickSummary extends Counts {
  readonly accounts: number;
  /** How many accounts went to the queue instead. */
  readonly handedOver: number;
  readonly ms: number;
}

/** Bad: the tables could not be read, so no account was processed. */
type TickResult = TickSummary & { readonly outcome: "good" | "bad" };

/** How a tick hands work to other instances of the app. */
export interface WorkQueue {
  /** When the next tick comes; null where that is unknown. */
  readonly nextTickAt: Instant | null;
  readonly send: (works: readonly Work[]) => void;
}

/**
 * Processes every account that has anything to do. A failure in one account does not affect the others. No new step is
 * begun after the tick's time is up: the accounts that are left come first at the next tick.
 */
export class Ticker {
  readonly #surveyor: Surveyor;
  /** Accounts that the tick before had no time for, in the order of their turns. */
  #left: readonly string[] = [];

  constructor(private readonly app: App) {
    this.#surveyor = new Surveyor(app);
  }

  /** `queue`: null where there is none; then every account is processed here. */
  async tick(queue: WorkQueue | null = null): Promise<TickResult> {
    const { ports, limits } = this.app;
    const discovering = await this.#learnAccounts();
    const now = ports.clock.now();
    const stop = ports.clock.abortAfter(limits.tickMs);
    const notices = await readNotices(this.app);
    const survey = await this.#surveyor.survey({
      now,
      stop,
      open: withOpenNotice(notices),
      atRest: this.#logRest(now),
    });
    const handedOver = await this.#handOver(survey, queue);
    const outcomes = handedOver ? [] : await this.#process(survey, stop, notices);
    await discovering?.done;
    if (notices !== null) await alarmOthers(this.app, notices, survey);
    await reportRotator(this.app, notices?.get(null) ?? null);
    const counts = countsOf(outcomes);
    const summary = {
      accounts: survey.accounts.length,
      ...counts,
      waiting: survey.waiting + counts.waiting,
      handedOver: handedOver ? survey.toLookAt.length : 0,
      ms: ports.clock.now().getTime() - now.getTime(),
    };
    ports.log.write("info", { event: "Tick", ...summary });
    const nothingProcessed = counts.failed === outcomes.length && outcomes.length > 0;
    return { ...summary, outcome: notices === null || discovering === null || nothingProcessed ? "bad" : "good" };
  }

  async #handOver({ toLookAt, allSeen }: Survey, queue: WorkQueue | null): Promise<boolean> {
    if (queue === null || toLookAt.length <= this.app.limits.fanOutAbove) return false;
    const works = await handOver(this.app, this.#inTurn(toLookAt), queue.nextTickAt, allSeen !== null);
    if (works === null) return false;
    queue.send(works);
    await allSeen?.();
    return true;
  }

  async #process({ toLookAt, allSeen }: Survey, stop: AbortSignal, notices: Notices): Promise<readonly Outcome[]> {
    const { outcomes, left } = await processAccounts(this.app, this.#inTurn(toLookAt), stop, notices);
    this.#left = left;
    if (left.length === 0) await allSeen?.();
    return outcomes;
  }

  /**
   * What other processes have found, and what this one is to find: where nothing is known yet, before anything else;
   * else beside the accounts. Null where the tables cannot be read.
   */
  async #learnAccounts(): Promise<{ readonly done: Promise<void> } | null> {
    const { ports, limits, accounts } = this.app;
    try {
      await accounts.refresh(0, callOptions(ports.clock, limits.callMs));
    } catch (error) {
      ports.log.write("warn", { event: "DiscoveryUnread", account: null, detail: safeMessage(error) });
      return null;
    }
    if (!accounts.isComplete()) await accounts.discover();
    return { done: accounts.discover() };
  }

  /**
   * First the accounts that the tick before had no time for. A process may live for one tick only, and know nothing of
   * those before it. So the others begin anywhere: a tick that is too short for all accounts starves none.
   */
  #inTurn(accounts: readonly AccountConfig[]): readonly AccountConfig[] {
    const byName = new Map(accounts.map((config) => [config.name, config]));
    const first = this.#left.flatMap((name) => byName.get(name) ?? []);
    for (const { name } of first) byName.delete(name);
    const others = [...byName.values()];
    const place = Number.parseInt(sha256(this.app.ports.ids.next()).slice(0, 8), 16) % Math.max(1, others.length);
    return [...first, ...others.slice(place), ...others.slice(0, place)];
  }

  /** The line of an account that a tick leaves alone: once an hour, so that a log query need not search far back. */
  #logRest(now: Date): AtRest {
    const { ports, limits } = this.app;
    return (config, record) => {
      const status = statusOf({ config, record, sightings: nothingSeen, dryRun: limits.dryRun, now });
      ports.log.write("info", stateLine(config, status, record, now));
    };
  }
}
