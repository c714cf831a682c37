import type { Clock } from "../../../../lib/ports";

/** A signal that is asked and never listened to: a real one costs more than the rest of a call to a fake. */
class VirtualSignal {
  readonly reason = "deadline";
  constructor(
    private readonly now: () => number,
    private readonly endMs: number,
  ) {}
  get aborted(): boolean {
    return this.now() >= this.endMs;
  }
}

/** Time moves only by `advance`, and by the app's own waiting. */
export class VirtualClock implements Clock {
  #nowMs: number;

  /** `signals` "real": aborted by the machine's clock, for adapters that hand them on to real clients. */
  constructor(
    start: string,
    private readonly signals: "virtual" | "real",
  ) {
    this.#nowMs = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  /** `at` for a signal, in the form of the contract. */
  get at(): string {
    return this.now().toISOString();
  }

  abortAfter(ms: number): AbortSignal {
    if (this.signals === "real") return AbortSignal.timeout(ms);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the app hands it on and asks whether it has aborted
    return new VirtualSignal(() => this.#nowMs, this.#nowMs + ms) as unknown as AbortSignal;
  }

  sleep(ms: number): Promise<void> {
    this.#nowMs += ms;
    return Promise.resolve();
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
