import type { FaultKind } from "./faults";
import { type Route, type ServiceName, serviceOf } from "./routes";

/** One request, without key values, bodies or authorization. */
export interface JournalEntry {
  readonly at: Date;
  readonly route: Route;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Null where no answer was sent: the connection was ended or left hanging. */
  readonly status: number | null;
  /** The same on every attempt that an SDK makes of one call. */
  readonly clientRequestId: string | null;
  /** The account, secret or table that the request was about. */
  readonly subject: string | null;
  readonly fault: FaultKind["kind"] | null;
  /** "applied": the request was carried out (or refused for cause) before its answer. "late": it will be, after its answer. */
  readonly effect: "applied" | "late" | "none";
}

export type RequestListener = (entry: JournalEntry) => void;

/** Entries that are kept; the counters count all of them. */
const keptEntries = 20_000;

/** What was asked of the emulators. A listener is told after the effect and before the answer leaves. */
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

  /** Requests for routes that no emulator knows: a test asserts that there were none. */
  get unknown(): readonly JournalEntry[] {
    return this.#entries.filter(({ route }) => route.endsWith(".unknown"));
  }

  /** Errors thrown inside the emulators: bugs of theirs. */
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

  /** Forgets entries and counters; listeners stay. */
  clear(): void {
    this.#entries = [];
    this.#counts.clear();
    this.#failures.length = 0;
  }

  /** Returns the function that takes the listener off again. */
  onRequest(listener: RequestListener): () => void {
    this.#requestListeners.add(listener);
    return () => this.#requestListeners.delete(listener);
  }

  /** Tells of effects that came after their answer, with the entry of the request that caused them. */
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

  /** For the end of a test: throws where an emulator failed, or was asked for a route that it does not know. */
  assertSound(): void {
    const unknown = this.unknown.map(({ method, path }) => `${method} ${path}`);
    if (unknown.length > 0) throw new Error(`the emulators have no route for ${unknown.join(", ")}`);
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, "the emulators failed");
  }

  recordFailure(error: unknown): void {
    this.#failures.push(error);
  }
}
