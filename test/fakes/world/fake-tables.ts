import { sightSchema } from "../../../lib/azure/tables/rows/sight-rows";
import { fleetSchema, noticeSchema, recordSchema } from "../../../lib/azure/tables/rows/record-schema";
import type { HistoryPage, HistoryRange } from "../../../lib/ports/history";
import type { StoredNotice } from "../../../lib/ports/notices";
import type { AllRecords, RecordGlance, Stored } from "../../../lib/ports/rotations";
import type { StoredTickNotes, TickNotes } from "../../../lib/ports/ticks";
import type { Notice } from "../../../lib/rotation/events/notice";
import { emptyFleet, type FleetState, unreadableFleet } from "../../../lib/rotation/fleet/fleet-state";
import type { EventKind, RotationEvent } from "../../../lib/rotation/events/events";
import { type Sight, type SightName, type Sightings, sightingsOf } from "../../../lib/rotation/gate/sightings";
import type { InstanceReport } from "../../../lib/rotation/gate/signals";
import type { AttentionRow } from "../../../lib/rotation/attention/attention";
import type { NextLook, StoredLook } from "../../../lib/rotation/next-look";
import type { RotationRecord } from "../../../lib/rotation/record";
import type { Instant } from "../../../lib/rotation/time/time";

interface Schema<T> {
  parse(value: unknown): T;
}

const noLook: StoredLook = { nextLookAt: null, lookedWith: null, waiting: null };

type Row = Pick<Stored, "record" | "etag">;

/**
 * The three tables, with notices in that of the rotations. `checked`: rows go through JSON and the schema, so that rows
 * that the real tables would refuse are refused here. Otherwise rows are stored unchanged, which costs less.
 */
export class FakeTables {
  readonly rotations = new Map<string, Row>();
  /** What was written beside a record; a row that is restored has it again. Null: its columns are missing. */
  readonly #looks = new WeakMap<RotationRecord, StoredLook>();
  readonly #attentions = new WeakMap<RotationRecord, string>();
  readonly notices = new Map<string | null, StoredNotice>();
  readonly formSecret = "c29tZSAzMiBieXRlcyB0aGF0IG5vIG9uZSBrbm93cw0";
  tickNotes: StoredTickNotes | null = null;
  fleet: { readonly state: FleetState; readonly etag: string | null } = { state: emptyFleet, etag: null };
  readonly signals = new Map<string, Map<string, InstanceReport>>();
  /** What the rotator has seen, by account and name. Null: a row that cannot be read. */
  readonly #sights = new Map<string, Map<SightName, Sight | null>>();
  /** By account, oldest first. */
  readonly history = new Map<string, RotationEvent[]>();
  /** Accounts whose stored record cannot be read. `rotations` has its content. */
  readonly damaged = new Set<string>();
  /** Of these, accounts whose row has lost the columns beside the record as well. */
  readonly #withoutLook = new Set<string>();
  #etags = 0;

  constructor(private readonly checked: boolean) {}

  /** Writes only where the row has this `etag` (null: there is no row). Returns null where it has not. */
  write(record: RotationRecord, etag: string | null, look: NextLook, attention: string): Stored | null {
    if ((this.rotations.get(record.account)?.etag ?? null) !== etag) return null;
    const stored = { record: this.#stored(record, recordSchema), etag: this.#nextEtag(), look, attention };
    this.rotations.set(record.account, stored);
    this.#looks.set(stored.record, look);
    this.#attentions.set(stored.record, attention);
    this.#undamaged(record.account);
    return stored;
  }

  writeNotice(notice: Notice, etag: string | null): StoredNotice | null {
    if ((this.notices.get(notice.account)?.etag ?? null) !== etag) return null;
    const stored = { notice: this.#stored(notice, noticeSchema), etag: this.#nextEtag() };
    this.notices.set(notice.account, stored);
    return stored;
  }

  read(account: string): Stored | null {
    const row = this.rotations.get(account);
    return row === undefined
      ? null
      : { ...row, look: this.#lookOf(row.record), attention: this.#attentions.get(row.record) ?? "" };
  }

  glance(account: string): RecordGlance {
    return { account, ...this.#lookOf(this.#record(account)) };
  }

  /** Of the rows that the adapter's filter finds. */
  attentions(): readonly AttentionRow[] {
    return [...this.rotations.values()].flatMap(({ record }) => {
      const { nextLookAt, waiting } = this.#lookOf(record);
      const attention = this.#attentions.get(record) ?? "";
      const { account, state, phaseClock } = record;
      const rests = state.phase === "idle" && attention === "" && waiting === null && (nextLookAt ?? "2") >= "1971";
      return rests ? [] : [{ account, phase: state.phase, phaseSince: phaseClock.since, attention: attention || null }];
    });
  }

  #lookOf(record: RotationRecord): StoredLook {
    return this.#withoutLook.has(record.account) ? noLook : (this.#looks.get(record) ?? noLook);
  }

  /** Changes the columns beside the record, which stays as it is. */
  setLook(account: string, change: Partial<StoredLook>): void {
    const record = this.#record(account);
    this.#looks.set(record, { ...this.#lookOf(record), ...change });
  }

  writeTickNotes(notes: TickNotes, etag: string | null): StoredTickNotes | null {
    if ((this.tickNotes?.etag ?? null) !== etag) return null;
    this.tickNotes = { notes, etag: this.#nextEtag() };
    return this.tickNotes;
  }

  writeFleet(state: FleetState, etag: string | null): { readonly state: FleetState; readonly etag: string } | null {
    if (this.fleet.etag !== etag) return null;
    const { unreadable: _, ...row } = state;
    const stored = { state: { ...this.#stored(row, fleetSchema), unreadable: false }, etag: this.#nextEtag() };
    this.fleet = stored;
    return stored;
  }

  // What a person does in the storage browser

  deleteFleet(): void {
    this.fleet = { state: emptyFleet, etag: null };
  }

  damageFleet(): void {
    this.fleet = { state: unreadableFleet, etag: this.#nextEtag() };
  }

  /**
   * The row changes, so a driver that has read it cannot write it any more. `keepsLook`: the columns beside the record
   * still say when to look at it.
   */
  damage(account: string, { keepsLook = false }: { readonly keepsLook?: boolean } = {}): void {
    this.restore(this.#record(account));
    this.damaged.add(account);
    if (!keepsLook) this.#withoutLook.add(account);
  }

  /** Writes the row unconditionally: the given one, or the one before the damage. */
  restore(record: RotationRecord): void {
    this.rotations.set(record.account, { record, etag: this.#nextEtag() });
    this.#undamaged(record.account);
  }

  repair(account: string): void {
    this.restore(this.#record(account));
  }

  delete(account: string): void {
    this.rotations.delete(account);
    this.#undamaged(account);
  }

  #undamaged(account: string): void {
    this.damaged.delete(account);
    this.#withoutLook.delete(account);
  }

  #record(account: string): RotationRecord {
    const row = this.rotations.get(account);
    if (row === undefined) throw new Error(`there is no record of ${account}`);
    return row.record;
  }

  records(): AllRecords {
    const all = [...this.rotations.values()].map(({ record }) => record);
    return {
      records: all.filter(({ account }) => !this.damaged.has(account)),
      unreadable: all.flatMap(({ account }) => (this.damaged.has(account) ? [account] : [])),
    };
  }

  namesOf(resourceId: string): readonly string[] {
    const own = this.records().records.filter((each) => each.resourceId.toLowerCase() === resourceId.toLowerCase());
    return own.map(({ account }) => account);
  }

  reports(account: string): readonly InstanceReport[] {
    return [...(this.signals.get(account)?.values() ?? [])];
  }

  sightings(account: string): Sightings {
    const sights = [...(this.#sights.get(account)?.values() ?? [])];
    return sightingsOf(
      this.reports(account),
      sights.filter((sight) => sight !== null),
    );
  }

  sight(account: string, name: SightName): Sight | null {
    return this.#sights.get(account)?.get(name) ?? null;
  }

  /** Null: as a row that cannot be read. */
  keepSight(account: string, name: SightName, sight: Sight | null): void {
    const known = this.#sights.get(account) ?? new Map<SightName, Sight | null>();
    this.#sights.set(account, known.set(name, sight && this.#stored(sight, sightSchema)));
  }

  report(account: string, instance: string): InstanceReport | null {
    return this.signals.get(account)?.get(instance) ?? null;
  }

  /** In the order of consumer and instance, as in the table. */
  keep(account: string, instance: string, report: InstanceReport): void {
    const known = this.signals.get(account) ?? new Map<string, InstanceReport>();
    const isNew = !known.has(instance);
    known.set(instance, report);
    const inOrder = [...known].toSorted(([one], [other]) => (one < other ? -1 : 1));
    this.signals.set(account, isNew ? new Map(inOrder) : known);
  }

  /** Removes a report where it has not changed since it was read. Returns whether it did. */
  forget(account: string, report: InstanceReport): boolean {
    const row = `${report.consumer}:${report.instance}`;
    if (this.report(account, row) !== report) return false;
    return this.signals.get(account)?.delete(row) ?? false;
  }

  events(account: string): readonly RotationEvent[] {
    return this.history.get(account) ?? [];
  }

  /** Whether there is an event under this sequence. */
  hasEvent({ account, sequence }: RotationEvent): boolean {
    return this.events(account).some((event) => event.sequence === sequence);
  }

  /** Returns the event stored under this sequence: the new one, or an earlier one. */
  append(event: RotationEvent): RotationEvent {
    const events = this.history.get(event.account) ?? [];
    this.history.set(event.account, events);
    const behind = events.findLastIndex(({ sequence }) => sequence <= event.sequence);
    const there = events[behind];
    if (there?.sequence === event.sequence) return there;
    events.splice(behind + 1, 0, event);
    return event;
  }

  /** Newest first. */
  page(account: string, limit: number, before: number | null): HistoryPage {
    const all = this.events(account).filter(({ sequence }) => before === null || sequence < before);
    const newestFirst = all.toReversed();
    const beyond = newestFirst[limit];
    return {
      events: newestFirst.slice(0, limit),
      unreadable: [],
      next: beyond === undefined ? null : beyond.sequence + 1,
    };
  }

  newestOf(account: string, kinds: readonly EventKind[], above = Number.POSITIVE_INFINITY): RotationEvent | null {
    return this.events(account).findLast(({ event, sequence }) => sequence > above || kinds.includes(event)) ?? null;
  }

  /** Among the oldest events of the range. */
  lastBefore(account: string, at: Instant, { after, through }: HistoryRange): number {
    const events = this.events(account).filter(({ sequence }) => sequence > after && sequence <= through);
    const kept = events.findIndex((event) => event.at >= at);
    return (kept === -1 ? events.at(-1) : events[kept - 1])?.sequence ?? after;
  }

  /** The oldest event, where its sequence is at most `sequence`. */
  oldest(account: string, sequence: number): RotationEvent | null {
    const oldest = this.events(account)[0];
    return oldest !== undefined && oldest.sequence <= sequence ? oldest : null;
  }

  /** Does nothing where the event does not exist. */
  remove({ account, sequence }: RotationEvent): void {
    const others = this.events(account).filter((event) => event.sequence !== sequence);
    this.history.set(account, others);
  }

  #nextEtag(): string {
    return `etag-${(this.#etags += 1)}`;
  }

  #stored<T>(row: T, schema: Schema<T>): T {
    return this.checked ? schema.parse(JSON.parse(JSON.stringify(row))) : row;
  }
}
