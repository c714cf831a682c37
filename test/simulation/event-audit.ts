import type { ChainProblem } from "../../lib/history/hash-chain";
import type { Announcement, RotationEvent } from "../../lib/rotation/events/events";
import type { Notice } from "../../lib/rotation/events/notice";
import type { RotationRecord } from "../../lib/rotation/record";
import { limits } from "../fakes/limits";
import type { ManualChange } from "../fakes/world/observer";
import type { World } from "../fakes/world/world";
import { maxClockOffsetMs, minute } from "./plan-types";

/** The known events of one account. */
interface AccountEvents {
  /** Every event that its record has numbered, by sequence, and the last sequence. */
  readonly numbered: Map<number, RotationEvent>;
  last: number;
  /** Ids of the events that the webhook's receiver has got. */
  readonly received: Set<string>;
  /** The events that its notice announced while the record could not be read, in order. */
  readonly announced: Announcement[];
  /** Ids of events that were lost with a record that a person deleted. */
  readonly lost: Set<string>;
  /** Since when its record cannot be read, in virtual time. */
  damagedAt: number | null;
  /** Where the history stood for its newest first record. A rival first record may count from there as well. */
  firstFrom: number;
  /** The number that the record counts on from, where its history has more: the events must go on above them. */
  behind: number | null;
  /** Ids of events that such a record numbered in places that were taken. */
  readonly displaced: Set<string>;
  /** The ids of the rows that this history has written. */
  readonly inHistory: Set<string>;
  /** Up to here events were removed because of their age, by this record or one before it. */
  pruned: number;
  /** Whether a copy that does not know all of `pruned` has replaced the record. */
  setBack: boolean;
}

type Queue = Pick<Notice, "outbox" | "deliveries"> | RotationRecord["publishing"];

const queued = ({ outbox, deliveries }: Queue): readonly Announcement[] => [
  ...outbox,
  ...deliveries.map(({ event }) => event),
];

/** The ids in one list that are not in another. */
const gone = <E extends Announcement>(before: readonly E[], after: readonly Announcement[]): readonly E[] => {
  const kept = new Set(after.map(({ id }) => id));
  return before.filter(({ id }) => !kept.has(id));
};

/** Longer than a dead process can hold a notice. */
const holdMs = 2 * minute;

/** Follows every event from the record or notice that announces it to the receiver and the history. */
export class EventAudit {
  /** The number of events removed because of their age, and of events that notices announced. */
  removed = 0;
  announced = 0;
  readonly #accounts = new Map<string, AccountEvents>();

  constructor(
    private readonly world: World,
    private readonly broken: (invariant: string, text: string) => void,
  ) {}

  #of(account: string): AccountEvents {
    const known = this.#accounts.get(account);
    if (known !== undefined) return known;
    const fresh: AccountEvents = {
      numbered: new Map(),
      last: 0,
      received: new Set(),
      announced: [],
      lost: new Set(),
      damagedAt: null,
      firstFrom: 0,
      behind: null,
      displaced: new Set(),
      inHistory: new Set(),
      pruned: 0,
      setBack: false,
    };
    this.#accounts.set(account, fresh);
    return fresh;
  }

  #isAnnounced(account: string, id: string): boolean {
    return this.#of(account).announced.some((event) => event.id === id);
  }

  /** Returns the events that the record has numbered with this write. */
  recordWritten(before: RotationRecord | null, after: RotationRecord): readonly RotationEvent[] {
    const { account, publishing, chain } = after;
    if (before === null) this.#beginAnew(account, chain.sequence);
    const known = this.#of(account);
    known.pruned = Math.max(known.pruned, chain.prunedThrough);
    const numbered = this.#continues(known, after)
      ? publishing.outbox
      : publishing.outbox.filter(({ sequence }) => sequence > (before?.chain.sequence ?? known.last));
    for (const event of numbered) {
      if (event.sequence !== known.last + 1)
        this.broken("I5", `${account}: event ${event.sequence} follows event ${known.last}`);
      known.numbered.set(event.sequence, event);
      known.last = event.sequence;
    }
    if (known.last !== chain.sequence)
      this.broken("I5", `${account}: the record counts ${chain.sequence} events, ${known.last} were written`);
    const fresh = gone(numbered, before?.publishing.outbox ?? []);
    for (const { sequence, id } of publishing.outbox) {
      if (known.numbered.get(sequence)?.id !== id) this.broken("I5", `event ${sequence} was written twice`);
    }
    if (before === null) return fresh;
    for (const { id, event } of gone(before.publishing.outbox, publishing.outbox)) {
      if (!this.#inHistory(account, id)) this.broken("I5", `${event} ${id} never reached the history`);
    }
    for (const { id, event } of gone(queued(before.publishing), queued(publishing))) {
      // The notice delivers what it has announced.
      if (!known.received.has(id) && !this.#isAnnounced(account, id))
        this.broken("I6", `the receiver never got ${event} ${id}, and nothing will send it again`);
    }
    return fresh;
  }

  /** A first record continues the existing history. Undelivered events of a deleted record are lost. */
  #beginAnew(account: string, from: number): void {
    const known = this.#of(account);
    known.numbered.clear();
    known.last = 0;
    known.behind = null;
    this.#takeOver(known, this.world.tables.events(account));
    if (from < known.last && from >= known.firstFrom) this.#fallBehind(known, from);
    known.firstFrom = from;
  }

  #takeOver(known: AccountEvents, events: readonly RotationEvent[]): void {
    for (const event of events) {
      known.numbered.set(event.sequence, event);
      known.last = event.sequence;
      known.received.add(event.id);
    }
  }

  /** The record counts on from an event that is not the newest any more. */
  #fallBehind(known: AccountEvents, last: number): void {
    known.last = last;
    known.behind = last;
    for (const sequence of known.numbered.keys()) if (sequence > last) known.numbered.delete(sequence);
  }

  /** A record that was behind numbers all its events anew, above its history, and says so. */
  #continues(known: AccountEvents, { account, publishing }: RotationRecord): boolean {
    if (known.behind === null) return false;
    const from = known.last;
    if (!publishing.outbox.some(({ event, sequence }) => event === "RecordSetBack" && sequence > from)) return false;
    for (const { sequence, id } of known.numbered.values()) if (sequence > known.behind) known.displaced.add(id);
    this.#takeOver(known, this.world.tables.events(account));
    known.behind = null;
    return true;
  }

  noticeWritten(before: Notice | null, after: Notice): void {
    const { account } = after;
    if (account === null) return;
    const known = this.#of(account);
    for (const event of gone(after.outbox, before?.outbox ?? [])) {
      if (this.#isAnnounced(account, event.id)) continue;
      this.#checkOrder(known.announced, event);
      known.announced.push(event);
      this.announced += 1;
    }
    for (const { id, event } of gone(queued(before ?? after), queued(after))) {
      if (!known.received.has(id))
        this.broken("I6", `the receiver never got ${event} ${id} of a notice, and nothing will send it again`);
    }
    for (const { id, event } of gone(before?.outbox ?? [], [...after.outbox, ...after.pendingHistory]))
      this.broken("I5", `${event} ${id} left the notice and waits for no history`);
    const record = this.world.tables.rotations.get(account)?.record;
    for (const { id, event } of gone(before?.pendingHistory ?? [], after.pendingHistory)) {
      const isRecorded = record?.publishing.outbox.some((one) => one.id === id) === true;
      if (!isRecorded && !this.#inHistory(account, id) && !known.lost.has(id))
        this.broken("I5", `${event} ${id} left the notice and is in no history`);
    }
  }

  /** An alarm is raised, repeated after `remindEvery` at the earliest, and cleared once. */
  #checkOrder(announced: readonly Announcement[], next: Announcement): void {
    const last = announced.findLast((each) => kindOf(each) === kindOf(next));
    const isRaised = last !== undefined && last.event !== "AlarmCleared";
    if (next.event === "AlarmCleared" && !isRaised)
      this.broken("alarms", `${next.account}: ${next.id} clears an alarm that was not raised`);
    if (next.event === "AlarmCleared" || !isRaised) return;
    const sinceMs = Date.parse(next.at) - Date.parse(last.at);
    if (sinceMs < 6 * 60 * minute - 2 * maxClockOffsetMs)
      this.broken("alarms", `${next.account}: ${next.id} raises an alarm again after ${sinceMs} ms`);
  }

  received({ account, id, event }: Announcement): void {
    if (account === null) return;
    const known = this.#of(account);
    if (known.received.has(id)) return;
    const next = this.#isAnnounced(account, id)
      ? known.announced.find((each) => !known.received.has(each.id))
      : [...known.numbered.values()].find(
          (each) => !known.received.has(each.id) && !this.#isAnnounced(account, each.id),
        );
    if (next?.id !== id)
      this.broken("I5", `the receiver got ${event} ${id} before ${next?.event ?? "any record or notice had it"}`);
    known.received.add(id);
  }

  historyWritten(event: RotationEvent, there: RotationEvent): void {
    const { account, sequence } = event;
    const known = this.#of(account);
    // A repeat that finds its own row changes nothing, whatever has become of the record since.
    if (there.id === event.id && known.inHistory.has(event.id)) return;
    if (there.id === event.id) known.inHistory.add(event.id);
    if (known.numbered.get(sequence)?.id !== event.id && !known.displaced.has(event.id))
      this.broken("I5", `the history got event ${sequence}, which no record holds`);
    if (there.id !== event.id) {
      if (known.behind === null && !known.displaced.has(event.id))
        this.broken("I5", `the history has another event ${sequence}`);
      return;
    }
    const events = this.world.tables.events(account);
    const at = events.findLastIndex((each) => each.sequence === sequence);
    const isNext =
      at === 0
        ? sequence - 1 <= Math.max(this.#prunedThrough(account), known.pruned)
        : events[at - 1]?.sequence === sequence - 1;
    if (!isNext) this.broken("I5", `event ${sequence} came before its predecessor`);
  }

  historyRemoved({ account, sequence, at }: RotationEvent): void {
    this.removed += 1;
    if (sequence > this.#prunedThrough(account))
      this.broken("I5", `event ${sequence} was removed before the record said so`);
    const ageMs = this.world.wallMs - Date.parse(at);
    if (ageMs < limits.historyKeepMs - maxClockOffsetMs)
      this.broken("I5", `event ${sequence} was removed after ${ageMs} ms`);
  }

  /** Infinity where a person has deleted the record, since no record contains it then. */
  #prunedThrough(account: string): number {
    return this.world.tables.rotations.get(account)?.record.chain.prunedThrough ?? Number.POSITIVE_INFINITY;
  }

  changedManually(account: string, what: ManualChange, copy: RotationRecord | null): void {
    const known = this.#of(account);
    known.setBack ||= copy !== null;
    if (copy !== null && copy.chain.sequence < known.last) this.#fallBehind(known, copy.chain.sequence);
    known.damagedAt = what === "damaged" ? (known.damagedAt ?? this.world.timeline.now) : null;
    if (what !== "deleted") return;
    const record = this.world.tables.rotations.get(account)?.record;
    for (const { id } of record === undefined ? [] : queued(record.publishing)) known.lost.add(id);
  }

  /** An undisturbed tick since `startedAt` has raised the alarm of each record that it could not read. */
  tickEnded(startedAt: number, calmSince: number): void {
    for (const [account, { damagedAt }] of this.#accounts) {
      if (damagedAt === null || startedAt < Math.max(damagedAt, calmSince) + holdMs) continue;
      const alarms = this.world.tables.notices.get(account)?.notice.alarms ?? [];
      if (!alarms.some(({ kind }) => kind === "RotationBlocked"))
        this.broken("alarms", `${account}: its record cannot be read, and a tick has raised no alarm`);
    }
  }

  /** What an account still has to announce, send or record; null where nothing is left. */
  unsettled(account: string): string | null {
    const record = this.world.tables.rotations.get(account)?.record;
    if (record === undefined) return "has no record";
    if (this.world.tables.damaged.has(account)) return "has a record that cannot be read";
    if (record.publishing.outbox.length > 0) return "has events to record";
    const notice = this.world.tables.notices.get(account)?.notice;
    if (notice === undefined) return null;
    if (notice.alarms.length > 0) return "has an alarm to clear";
    if (queued(notice).length > 0) return "has a notice to send";
    return notice.pendingHistory.length > 0 ? "has a backlog for its history" : null;
  }

  #inHistory(account: string, id: string): boolean {
    return this.world.tables.events(account).some((event) => event.id === id);
  }

  /** What a check reports after an older copy of the record was restored, and should. */
  #isKnown(account: string, { sequence, problem }: ChainProblem): boolean {
    const { behind, pruned, setBack } = this.#of(account);
    if (sequence === null) return false;
    const isUnexpected = behind !== null && sequence > behind && problem === "is not one that the record knows of";
    return isUnexpected || (setBack && sequence <= pruned && problem === "is missing");
  }

  /** After a run: the history has each event once, in order and unchanged, with gaps only where the record has them. */
  check(): void {
    const { tables, product } = this.world;
    for (const { record } of tables.rotations.values()) {
      const { account } = record;
      const events = tables.events(account);
      const [problem] = product
        .chainProblems({ events, unreadable: new Map() }, record)
        .filter((one) => !this.#isKnown(account, one));
      if (problem !== undefined)
        this.broken("I5", `${account}: event ${problem.sequence} ${problem.problem} in the history`);
      const ids = new Set(events.map(({ id }) => id));
      if (ids.size !== events.length) this.broken("I5", `${account}: an event is twice in the history`);
      if (this.unsettled(account) !== null) continue;
      for (const { id, event } of this.#of(account).announced) {
        if (!ids.has(id) && !this.#of(account).lost.has(id))
          this.broken("I5", `${account}: ${event} ${id} of a notice is in no history`);
      }
      const last = this.#of(account).announced.at(-1);
      if (last?.event === "RotationBlocked")
        this.broken("alarms", `${account}: the alarm ${last.id} was never cleared`);
    }
  }
}

/** The alarm that is raised, repeated or cleared. */
const kindOf = ({ event, reason }: Announcement) => (event === "AlarmCleared" ? reason : event);
