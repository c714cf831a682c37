import { type Route, type ServiceName, serviceOf } from "./routes";

/** How an answer goes wrong. */
export type FaultKind =
  /** A refusal (or a lie: any status) in the service's own form, or with `body` as it is. `retryAfter` in seconds. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfter?: number;
      readonly code?: string;
      readonly body?: unknown;
    }
  /** The connection ends before a byte of the answer. */
  | { readonly kind: "resetBeforeAnswer" }
  /** Headers and half of the body, then the connection ends. */
  | { readonly kind: "resetInMiddle" }
  /** 200 with the first two thirds of the body, and the content-length of that. */
  | { readonly kind: "truncatedJson" }
  /** 202 with the whole body. */
  | { readonly kind: "unexpected202" }
  /** No answer until the client goes away. */
  | { readonly kind: "hang" }
  /** The right answer, `ms` later. */
  | { readonly kind: "delay"; readonly ms: number };

export interface FaultAim {
  /** One route, or all of a service: `vault.*`. */
  readonly route: Route | `${ServiceName}.*`;
  /** "before": the request has no effect. "after": it has its effect, and only then the answer goes wrong. */
  readonly when: "before" | "after";
  /**
   * Milliseconds after the failed answer at which the effect is applied all the same, as by a request that was still under way.
   * Real time; `applyLate()` applies at once. `when` says nothing then.
   */
  readonly late?: number;
  /** Only requests about this account, secret or table (without case). */
  readonly subject?: string;
  /** The first matching request that goes wrong, from 1 (default 1). Alone it means only that one. */
  readonly nth?: number;
  /** From there, every so many requests (default 1: each). */
  readonly every?: number;
  /** How often it happens at most (default: once with `nth` alone, else for ever). */
  readonly times?: number;
}

export type Fault = FaultAim & FaultKind;

export interface AddedFault {
  /** How often it has happened. */
  fired(): number;
  remove(): void;
}

interface Armed {
  readonly fault: Fault;
  seen: number;
  fired: number;
}

interface LateEffect {
  readonly timer: NodeJS.Timeout;
  readonly apply: () => Promise<void>;
}

const matches = (fault: Fault, route: Route, subject: string | null): boolean =>
  (fault.route === route || fault.route === `${serviceOf(route)}.*`) &&
  (fault.subject === undefined || fault.subject.toLowerCase() === subject?.toLowerCase());

const isDue = ({ fault, seen, fired }: Armed): boolean => {
  const [nth, every] = [fault.nth ?? 1, fault.every ?? 1];
  const times = fault.times ?? (fault.nth !== undefined && fault.every === undefined ? 1 : Number.POSITIVE_INFINITY);
  return fired < times && seen >= nth && (seen - nth) % every === 0;
};

/** One registry for all servers. The first fault that is due wins; the others count the request all the same. */
export class Faults {
  #armed: Armed[] = [];
  readonly #late = new Set<LateEffect>();
  #fired = 0;

  add(fault: Fault): AddedFault {
    const armed: Armed = { fault, seen: 0, fired: 0 };
    this.#armed.push(armed);
    return {
      fired: () => armed.fired,
      remove: () => {
        this.#armed = this.#armed.filter((other) => other !== armed);
      },
    };
  }

  /** Removes every fault. Effects that are still to come late come all the same. */
  clear(): void {
    this.#armed = [];
  }

  /** How many faults have happened since the start. */
  get fired(): number {
    return this.#fired;
  }

  /** For the servers: the fault that this request meets, or null. */
  next(route: Route, subject: string | null): Fault | null {
    const due = this.#armed.filter((armed) => {
      if (!matches(armed.fault, route, subject)) return false;
      armed.seen += 1;
      return isDue(armed);
    });
    const winner = due[0];
    if (winner === undefined) return null;
    winner.fired += 1;
    this.#fired += 1;
    return winner.fault;
  }

  /** For the servers: an effect that comes after its answer has failed. */
  applyLater(ms: number, apply: () => Promise<void>): void {
    const late: LateEffect = { apply, timer: setTimeout(() => void this.#applyOne(late), ms) };
    this.#late.add(late);
  }

  /** Effects that are still to come. */
  get pendingLate(): number {
    return this.#late.size;
  }

  /** Applies at once, in order, what was to be applied late. */
  async applyLate(): Promise<void> {
    for (const late of this.#late) await this.#applyOne(late);
  }

  /** Forgets late effects, for the end of a test. */
  cancelLate(): void {
    for (const { timer } of this.#late) clearTimeout(timer);
    this.#late.clear();
  }

  async #applyOne(late: LateEffect): Promise<void> {
    clearTimeout(late.timer);
    if (this.#late.delete(late)) await late.apply();
  }
}
