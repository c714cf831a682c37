import type { FaultKind } from "./faults";
import { type Route, type ServiceName, serviceOf } from "./routes";

/** One request, without key values, bodies or authorization. */
export interface JournalEntry {
  readonly at: Date;
  readonly route: Route;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Null without an answer: the connection was closed or left open. */
  readonly status: number | null;
  /** The same for all attempts of an SDK for one call. */
  readonly clientRequestId: string | null;
  /** The account, secret or table of the request. */
  readonly subject: string | null;
  readonly fault: FaultKind["kind"] | null;
  /** "applied": the request was executed (or refused) before its answer. "late": it is executed after its answer. */
  readonly effect: "applied" | "late" | "none";
}

export type RequestListener = (entry: JournalEntry) => void;

/** The maximum number of entries; counters include dropped entries. */
const keptEntries = 20_000;

/** The requests to the emulators. A listener is notified after the effect and before the answer is sent. */
export class Journal {
  #entries: JournalEntry[] = [];
  readonly #counts = new Map<Route, number>();
  readonly #requestListeners = new Set<RequestListener>();
  readonly #lateListeners = new Set<RequestListener>();
  readonly #failures: unknown[] = [];

  /** Oldest first. */
  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  /** Requests for unknown routes; a test asserts that there were none. */
  get unknown(): readonly JournalEntry[] {
    return this.#entries.filter(({ route }) => route.endsWith(".unknown"));
  }

  /** Errors thrown inside the emulators, which are defects of the emulators. */
  get failures(): readonly unknown[] {
    return this.#failures;
  }

  of(route: Route): readonly JournalEntry[] {
    return this.#entries.filter((entry) => entry.route === route);
  }

  count(route: Route): number {
    return this.#counts.get(route) ?? 0;
  }

  countOf(service: ServiceName): number {
    return [...this.#counts].reduce((sum, [route, count]) => (serviceOf(route) === service ? sum + count : sum), 0);
  }

  /** Clears entries and counters; listeners remain. */
  clear(): void {
    this.#entries = [];
    this.#counts.clear();
    this.#failures.length = 0;
  }

  /** Returns a function that removes the listener. */
  onRequest(listener: RequestListener): () => void {
    this.#requestListeners.add(listener);
    return () => this.#requestListeners.delete(listener);
  }

  /** Is aborted at the next request of this route: a caller that gives up while it waits for an answer. */
  abortsAt(route: Route): AbortSignal {
    const controller = new AbortController();
    const stop = this.onRequest((entry) => {
      if (entry.route !== route) return;
      stop();
      controller.abort();
    });
    return controller.signal;
  }

  /** Reports late effects with the entry of the request that caused them. */
  onLateEffect(listener: RequestListener): () => void {
    this.#lateListeners.add(listener);
    return () => this.#lateListeners.delete(listener);
  }

  record(entry: JournalEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > keptEntries) this.#entries.splice(0, keptEntries / 10);
    this.#counts.set(entry.route, this.count(entry.route) + 1);
    for (const listener of this.#requestListeners) listener(entry);
  }

  recordLateEffect(entry: JournalEntry): void {
    for (const listener of this.#lateListeners) listener(entry);
  }

  /** For the end of a test: throws if an emulator failed or received a request for an unknown route. */
  assertSound(): void {
    const unknown = this.unknown.map(({ method, path }) => `${method} ${path}`);
    if (unknown.length > 0) throw new Error(`the emulators have no route for ${unknown.join(", ")}`);
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, "the emulators failed");
  }

  recordFailure(error: unknown): void {
    this.#failures.push(error);
  }
}
