import { type Fault, type FaultPlan, isCommand, isTableWrite, type Operation } from "./faults";
import type { Observer } from "./observer";
import type { Process } from "./process";
import type { Product } from "./product-type";
import type { Random } from "./random";
import type { Timeline } from "./timeline";
import type { Transcript } from "./transcript";
import { deadlineOf } from "./virtual-clock";

/** One call of a port, as it goes over the wire. */
export interface Call<T> {
  readonly operation: Operation;
  readonly signal: AbortSignal;
  /** A short description of its subject. */
  readonly subject: () => string;
  /** Carries the call out and returns the answer. May throw one of the app's errors. */
  readonly effect: () => T;
  /** Returns the effect of a request that is sent now and takes effect later. */
  readonly sendNow?: () => () => void;
}

/** The parts of a world that a wire depends on. */
export interface Surroundings {
  readonly product: Product;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly faults: FaultPlan;
  readonly transcript: Transcript;
  readonly observer: Observer;
}

interface Sent<T> {
  readonly process: Process;
  readonly life: number;
  readonly call: Call<T>;
  readonly resolve: (answer: T) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Schedules every call of every port. A call is sent, done and answered at three moments, and anything may happen in
 * between. A late request takes effect within a few seconds in the tables, and within the quarantine elsewhere.
 */
export class Wire {
  /** Faults that occurred, by kind. */
  readonly met = new Map<string, number>();
  calls = 0;

  constructor(
    private readonly world: Surroundings,
    private readonly disorder: boolean,
    /** How long each call of an operation takes where nothing disturbs it. */
    private readonly latencyMs: (operation: Operation) => number = () => 0,
  ) {}

  call<T>(process: Process, call: Call<T>): Promise<T> {
    this.calls += 1;
    return new Promise<T>((resolve, reject) => {
      const sent: Sent<T> = { process, life: process.life, call, resolve, reject };
      const { nth, fault: planned } = this.world.faults.next(call.operation);
      this.world.observer.beforeCall(call.operation, nth);
      // An earlier call may have crashed the process, and a dead process sends nothing.
      if (process.life !== sent.life || !process.alive) return;
      const fault = process.faultAt(call.operation) ?? planned;
      if (call.signal.aborted) return this.#fail(sent, "given up before it was sent");
      if (fault !== null) return this.#misbehave(sent, fault);
      const { timeline } = this.world;
      const at = timeline.now + this.#latency(call.operation);
      const deadline = deadlineOf(call.signal);
      if (at < deadline) return this.#later(sent, at, () => this.#succeed(sent));
      this.#land(sent, at);
      this.#later(sent, deadline, () => this.#fail(sent, "given up"));
    });
  }

  /** A call that a real adapter answers; it is only counted among the calls of a process that may crash. */
  async pass<T>(process: Process, operation: Operation, answer: () => Promise<T>): Promise<T> {
    const { life } = process;
    const never = new Promise<never>(() => undefined);
    const fault = process.faultAt(operation);
    if (!process.alive) return never;
    if (fault?.at === "after") await answer().catch(() => undefined);
    if (fault !== null) {
      process.crash(`${fault.at} ${operation}`);
      return never;
    }
    try {
      return await answer();
    } finally {
      // oxlint-disable-next-line no-unsafe-finally -- what a dead process was waiting for never comes
      if (process.life !== life) await never;
    }
  }

  #misbehave<T>(sent: Sent<T>, fault: Fault): void {
    const { world } = this;
    const { process, call } = sent;
    this.met.set(fault.kind, (this.met.get(fault.kind) ?? 0) + 1);
    const soon = world.timeline.now + this.#latency(call.operation);
    switch (fault.kind) {
      case "refused":
        return this.#later(sent, soon, () => this.#refuse(sent, fault.retryAfterMs));
      case "blocked":
        return this.#later(sent, soon, () => this.#block(sent, fault.reason));
      case "lost":
        return this.#later(sent, soon, () => {
          this.#do(call);
          this.#fail(sent, "answer lost");
        });
      case "late":
        this.#land(sent, soon + Math.min(fault.ms, isTableWrite(call.operation) ? 5_000 : fault.ms));
        return this.#later(sent, soon, () => this.#fail(sent, "answer lost, on its way"));
      case "hang":
        if (fault.done) this.#land(sent, soon);
        return this.#later(sent, Math.max(soon, deadlineOf(call.signal)), () => this.#fail(sent, "no answer"));
      case "freeze":
        return this.#later(sent, soon, () => {
          process.frozenUntil = world.timeline.now + fault.ms;
          world.transcript.note(process.name, () => `stands still for ${fault.ms / 1000} s`);
          this.#succeed(sent, process.frozenUntil);
          world.timeline.hold(process, process.frozenUntil);
          world.timeline.hold(process.clock, process.frozenUntil);
        });
      case "crash":
        if (fault.at === "after") this.#do(call);
        if (fault.at === "onItsWay")
          this.#land(sent, soon + Math.min(fault.ms, isTableWrite(call.operation) ? 5_000 : fault.ms));
        world.transcript.note(process.name, () => `crashes at ${call.operation} ${call.subject()}, ${fault.at}`);
        return process.crash(`${fault.at} ${call.operation}`);
      case "throws":
        return this.#later(sent, soon, () => {
          if (fault.when === "after") this.#do(call);
          sent.reject(fault.error());
        });
    }
  }

  /** Carries the call out at its time. Where the process has crashed, the request may still be in flight. */
  #later<T>({ process, life, call }: Sent<T>, at: number, run: () => void): void {
    const { timeline, random } = this.world;
    const go = (): void => {
      if (process.life === life) run();
      else if (random.chance(0.5)) this.#do(call);
    };
    timeline.add(Math.max(at, process.frozenUntil), go, { owner: process, awaited: true });
  }

  /** Carries the call out later, even if the process has crashed. */
  #land<T>({ process, call }: Sent<T>, at: number): void {
    const { timeline, transcript } = this.world;
    const effect = call.sendNow?.() ?? call.effect;
    timeline.add(at, () => {
      transcript.note(process.name, () => `late: ${call.operation} ${call.subject()}`);
      this.#do({ ...call, effect });
    });
  }

  #do(call: Pick<Call<unknown>, "effect" | "operation">): void {
    try {
      call.effect();
      this.world.faults.effectOf(call.operation);
    } catch {
      // Refused by the service; its answer is lost.
    }
    this.world.observer.afterEffect();
  }

  #succeed<T>({ process, life, call, resolve, reject }: Sent<T>, answerAt: number | null = null): void {
    const { transcript, observer, timeline } = this.world;
    const answer = this.#outcome(call);
    if (!answer.ok) observer.callFailed(process, call.operation);
    transcript.note(
      process.name,
      () => `${call.operation} ${call.subject()}: ${answer.ok ? shown(answer.value) : answer.error.message}`,
    );
    observer.afterEffect();
    const deliver = (): void => (answer.ok ? resolve(answer.value) : reject(answer.error));
    if (answerAt === null) return deliver();
    const arrive = (): void => {
      if (process.life === life) deliver();
    };
    timeline.add(answerAt, arrive, { awaited: true });
  }

  #outcome<T>(call: Call<T>): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Error } {
    try {
      const value = call.effect();
      this.world.faults.effectOf(call.operation);
      return { ok: true, value };
    } catch (error) {
      if (error instanceof Error) return { ok: false, error };
      throw error;
    }
  }

  #fail<T>({ process, call, reject }: Sent<T>, code: string): void {
    const { transcript, product, observer } = this.world;
    observer.callFailed(process, call.operation);
    transcript.note(process.name, () => `${call.operation} ${call.subject()}: ${code}`);
    const facts = { operation: call.operation, code };
    reject(
      isCommand(call.operation) ? new product.OutcomeUnknownError(facts) : new product.TransientServiceError(facts),
    );
  }

  #refuse<T>({ process, call, reject }: Sent<T>, retryAfterMs: number | null): void {
    const { transcript, product, observer } = this.world;
    observer.callFailed(process, call.operation);
    transcript.note(process.name, () => `${call.operation} ${call.subject()}: 503, retry after ${retryAfterMs} ms`);
    reject(new product.TransientServiceError({ operation: call.operation, statusCode: 503 }, retryAfterMs));
  }

  #block<T>({ process, call, reject }: Sent<T>, reason: Extract<Fault, { kind: "blocked" }>["reason"]): void {
    const { transcript, product, observer } = this.world;
    observer.callFailed(process, call.operation);
    transcript.note(process.name, () => `${call.operation} ${call.subject()}: ${reason}`);
    reject(
      new product.OperatorNeededError(reason, { operation: call.operation, statusCode: 403 }, "grant it, or remove it"),
    );
  }

  #latency(operation: Operation): number {
    if (!this.disorder) return this.latencyMs(operation);
    const { random } = this.world;
    const draw = random.next();
    if (draw < 0.75) return 0;
    return draw < 0.97 ? random.below(300) : random.below(20_000);
  }
}

const shown = (answer: unknown): string => {
  if (answer === null) return "null";
  return typeof answer === "string" ? answer : "done";
};
