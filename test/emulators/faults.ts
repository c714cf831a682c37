import { type Route, type ServiceName, serviceOf } from "./routes";

/** The kind of failure of an answer. */
export type FaultKind =
  /** An answer with any status in the service's form, or with `body` unchanged. `retryAfter` in seconds. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfter?: number;
      readonly code?: string;
      readonly body?: unknown;
    }
  /** The connection ends before the first byte of the answer. */
  | { readonly kind: "resetBeforeAnswer" }
  /** Headers and half of the body, then the connection ends. */
  | { readonly kind: "resetInMiddle" }
  /** 200 with the first two thirds of the body and a matching content-length. */
  | { readonly kind: "truncatedJson" }
  /** 202 with the whole body. */
  | { readonly kind: "unexpected202" }
  /** No answer until the client disconnects. */
  | { readonly kind: "hang" }
  /** The correct answer, `ms` later. */
  | { readonly kind: "delay"; readonly ms: number };

export interface FaultAim {
  /** One route, or all of a service: `vault.*`. */
  readonly route: Route | `${ServiceName}.*`;
  /** "before": the request has no effect. "after": it has its effect, but its answer fails. */
  readonly when: "before" | "after";
  /**
   * Milliseconds from the failed answer to the late effect, as of a request that was still under way. Real time;
   * `applyLate()` applies it at once. `when` is ignored.
   */
  readonly late?: number;
  /** Only requests about this account, secret or table (without case). */
  readonly subject?: string;
  /** The number of the first matching request that fails, from 1 (default 1). Alone it means only that request. */
  readonly nth?: number;
  /** The interval between failing requests from there on (default 1: each). */
  readonly every?: number;
  /** The maximum number of failures (default: one with `nth` alone, otherwise unlimited). */
  readonly times?: number;
}

export type Fault = FaultAim & FaultKind;

export interface AddedFault {
  /** The number of failures until now. */
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

/** One registry for all servers. The first due fault applies; the others still count the request. */
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

  /** Removes all faults. Pending late effects remain. */
  clear(): void {
    this.#armed = [];
  }

  /** The number of failures since the start. */
  get fired(): number {
    return this.#fired;
  }

  /** For the servers: the fault of this request, or null. */
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

  /** For the servers: an effect after its failed answer. */
  applyLater(ms: number, apply: () => Promise<void>): void {
    const late: LateEffect = { apply, timer: setTimeout(() => void this.#applyOne(late), ms) };
    this.#late.add(late);
  }

  /** Pending late effects. */
  get pendingLate(): number {
    return this.#late.size;
  }

  /** Applies all pending late effects at once, in order. */
  async applyLate(): Promise<void> {
    for (const late of this.#late) await this.#applyOne(late);
  }

  /** Drops pending late effects, at the end of a test. */
  cancelLate(): void {
    for (const { timer } of this.#late) clearTimeout(timer);
    this.#late.clear();
  }

  async #applyOne(late: LateEffect): Promise<void> {
    clearTimeout(late.timer);
    if (this.#late.delete(late)) await late.apply();
  }
}
