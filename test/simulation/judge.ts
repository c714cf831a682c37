import type { SecretRef } from "../../lib/rotation/account-config";
import type { Announcement, RotationEvent } from "../../lib/rotation/events/events";
import type { Notice } from "../../lib/rotation/events/notice";
import { rotationOf } from "../../lib/rotation/phases";
import type { RotationRecord } from "../../lib/rotation/record";
import type { KeyFact } from "../fakes/world/fake-batch";
import { secretName, type VersionFact } from "../fakes/world/fake-vault";
import type { ManualChange, Observer, SentRegenerate } from "../fakes/world/observer";
import type { Process } from "../fakes/world/process";
import type { World } from "../fakes/world/world";
import { EventAudit } from "./event-audit";
import type { Instance } from "./instances";
import { LeakSearch } from "./leak-search";
import { maxClockOffsetMs } from "./plan";
import { transitionProblem } from "./transition-events";

export interface Violation {
  readonly invariant: string;
  readonly text: string;
}

/** Which phase asks for which slot to be regenerated; any other asks for none. */
const slotToRegenerate = ({ state }: RotationRecord) => {
  if (state.phase === "started") return state.rotation.target;
  return state.phase === "published" ? state.rotation.previous : null;
};

/** Watches a world and says at which effect which invariant was broken first. */
export class Judge implements Observer {
  violation: Violation | null = null;
  readonly leaks: LeakSearch | null;
  readonly audit: EventAudit;
  /** By secret: its newest version, where that holds a key that is dead and refused, and since which virtual time. */
  readonly #deadSince = new Map<string, { readonly version: string; readonly at: number }>();
  /** By account: how many lines in a row gave its state without a reason. */
  readonly #silent = new Map<
    string,
    { readonly phaseSince: string; readonly count: number; readonly faults: number }
  >();
  /** What a fault or an act is to do before a call. */
  beforeCall: Observer["beforeCall"] = () => undefined;

  constructor(
    private readonly world: World,
    private readonly instances: () => readonly Instance[],
    searched: boolean,
  ) {
    this.audit = new EventAudit(world, (invariant, text) => this.#broken(invariant, text));
    this.leaks = searched ? new LeakSearch(world) : null;
  }

  // I2, I3

  sent(sent: SentRegenerate): void {
    const { record, slot } = sent;
    if (record === null) return this.#broken("I2", "a key was to be regenerated on behalf of no record");
    if (record.claim === null) return this.#broken("I2", "a key was to be regenerated without a claim");
    if (record.claim.intent?.slot !== slot)
      this.#broken("I2", `the ${slot} key was to be regenerated without an intent`);
    if (slotToRegenerate(record) !== slot)
      this.#broken("I3", `the ${slot} key was to be regenerated in phase ${record.state.phase}`);
    if (this.#overridden(sent)) this.#giveUp(sent);
  }

  /** The gate was opened by a person, or by `retireAfter`, whatever the consumers say. */
  #overridden({ record, sentAtWallMs }: SentRegenerate): boolean {
    if (record?.state.phase !== "published") return false;
    const { approval, rotation, active } = record.state;
    const { retireAfterMs } = rotation;
    return (
      approval !== null || (retireAfterMs !== null && sentAtWallMs >= Date.parse(active.publishedAt) + retireAfterMs)
    );
  }

  #giveUp({ resourceId, slot }: SentRegenerate): void {
    const dying = this.world.batch.of(resourceId).keys[slot];
    for (const instance of this.instances()) if (instance.value === dying.value) instance.givenUp = true;
  }

  /**
   * A person published a key of this very slot after the driver had read the newest version and before its request was
   * done: no rotator can see that. The effect at which; null where it did not happen.
   */
  #publishedByHandSince({ record, lookedAt, slot }: SentRegenerate): number | null {
    if (record === null) return null;
    const byHand = this.world.vault
      .versions(record.secret)
      .find(
        (version) =>
          version.by === "hand" && version.effect > lookedAt && this.world.batch.keys.get(version.value)?.slot === slot,
      );
    return byHand?.effect ?? null;
  }

  excuses(sent: SentRegenerate): boolean {
    return this.#publishedByHandSince(sent) !== null;
  }

  regenerated(sent: SentRegenerate, killed: KeyFact): void {
    const { record } = sent;
    const { world } = this;
    world.transcript.note("batch", () => `${world.transcript.key(killed.value)} (${killed.slot}) is dead`);
    const byHand = this.#publishedByHandSince(sent);
    const newest = record === null ? null : world.vault.newest(record.secret);
    if (newest?.value === killed.value && byHand === null)
      this.#broken("I2", `the rotator regenerated the published ${killed.slot} key`);
    const what = record?.state.phase === "published" ? "previous" : "target";
    for (const instance of this.instances()) {
      if (!instance.alive || instance.value !== killed.value || instance.givenUp) continue;
      if (byHand !== null && instance.readAt >= byHand) continue;
      this.#broken(
        "I2",
        `the rotator regenerated the ${what} key, ${killed.slot}, while ${instance.consumer}/${instance.id} used it`,
      );
    }
  }

  // I1, and no call refused

  afterEffect(): void {
    for (const { record } of this.world.tables.rotations.values()) {
      if (record.state.active !== null) this.#checkNewest(record.secret);
    }
    for (const instance of this.instances()) this.checkCall(instance);
  }

  #checkNewest(secret: SecretRef): void {
    const { world } = this;
    const newest = world.vault.newest(secret);
    const dead =
      newest !== null && world.batch.keys.get(newest.value)?.death !== null && !world.batch.accepts(newest.value);
    if (!dead) this.#deadSince.delete(secretName(secret));
    // A repair whose key a person kills before it is published is a new finding, which no driver has seen yet.
    else if (this.#deadSince.get(secretName(secret))?.version !== newest.version)
      this.#deadSince.set(secretName(secret), { version: newest.version, at: world.timeline.now });
    if (newest !== null && newest.disabledBy === null && world.batch.accepts(newest.value)) return;
    if (newest === null) return this.#broken("I1", `${secret.name} has no version`);
    if (newest.disabledBy === "rotator") return this.#broken("I1", "the rotator disabled the newest version");
    if (newest.disabledBy === null && !this.#excused(newest.value, newest))
      this.#broken(
        "I1",
        `the newest version, ${world.transcript.version(newest.version)} with ${world.transcript.key(newest.value)}, does not authenticate`,
      );
  }

  /** One more Batch call of an instance: refused only where a person made it so. */
  checkCall(instance: Instance): void {
    const { value, alive, givenUp, secret, version } = instance;
    if (!alive || value === null || givenUp || this.world.batch.accepts(value)) return;
    if (this.#excused(value, version === null ? null : this.world.vault.version(secret, version))) return;
    this.#broken(
      "refused call",
      `a Batch call of ${instance.consumer}/${instance.id} with ${this.world.transcript.key(value)} was refused`,
    );
  }

  /**
   * A value that was never a key, one that a person killed or made just now, or one that a person published too early.
   */
  #excused(value: string, published: VersionFact | null): boolean {
    const key = this.world.batch.keys.get(value);
    if (key === undefined) return true;
    if (key.death !== null) return key.death.by === "hand" || key.death.excused;
    return key.madeBy === "hand" || key.excused || published?.by === "hand";
  }

  // I5, and the narrow end of I1

  recordWritten(process: Process, before: RotationRecord | null, after: RotationRecord): void {
    this.#checkClaim(process, before, after);
    // What a driver saw under another claim is no look of this one.
    if (after.claim !== null && after.claim.id !== before?.claim?.id) process.looks.delete(secretName(after.secret));
    const fresh = this.audit.recordWritten(before, after);
    const problem = transitionProblem(before, after, fresh);
    if (problem !== null) this.#broken("I5", problem);
    if (before?.claim && after.claim === null) this.#checkRepaired(process, after);
    if (before !== null) this.#noteOverride(before, after);
  }

  noticeWritten(before: Notice | null, after: Notice): void {
    this.audit.noticeWritten(before, after);
  }

  alerted(event: Announcement): void {
    this.audit.received(event);
  }

  historyWritten(event: RotationEvent, there: RotationEvent): void {
    this.audit.historyWritten(event, there);
  }

  historyRemoved(event: RotationEvent): void {
    this.audit.historyRemoved(event);
  }

  changedManually(account: string, what: ManualChange): void {
    this.audit.changedManually(account, what);
  }

  /** After a run. */
  checkHistory(): void {
    this.audit.check();
  }

  /**
   * No driver takes away a claim that is live by its own clock, which may have jumped since it read the claim.
   */
  #checkClaim({ clock }: Process, before: RotationRecord | null, after: RotationRecord): void {
    const held = before?.claim ?? null;
    if (held === null || after.claim === null || after.claim.id === held.id) return;
    if (Date.parse(held.until) - clock.now().getTime() > 2 * maxClockOffsetMs)
      this.#broken("claim", `${after.account} was claimed while the claim of another driver was live`);
  }

  /** A driver that has seen a dead key published, and could work, has put it right before it lets go. */
  #checkRepaired(process: Process, { secret, failure, state }: RotationRecord): void {
    // At first sight nothing is promised yet: a live key that Batch does not accept so far is not published.
    if (state.active === null) return;
    const since = this.#deadSince.get(secretName(secret));
    const look = process.looks.get(secretName(secret));
    if (since === undefined || look === undefined || look.at <= since.at || failure !== null) return;
    // What was published after its look, by itself too, it has not seen die.
    if ((this.world.vault.newest(secret)?.effect ?? 0) > look.effect) return;
    this.#broken("I1", "a driver saw that the newest version does not work, and let go without repairing it");
  }

  /** Approved in spite of the consumers: those that are on another key then are on their own. */
  #noteOverride({ state }: RotationRecord, after: RotationRecord): void {
    if (after.state.phase !== "idle" || (state.phase !== "adopting" && state.phase !== "settling")) return;
    if (state.approval === null || state.active === null) return;
    const published = this.world.vault.version(after.secret, state.active.version)?.value;
    for (const instance of this.instances()) if (instance.value !== published) instance.givenUp = true;
  }

  // I4, I6

  left(what: string, content: unknown): void {
    const leak = this.leaks?.find(what, content) ?? null;
    if (leak !== null) this.#broken("I4", leak);
    if (what === "log" && isAccountState(content)) this.#checkSilence(content);
  }

  /** A few ticks may find an account on its way without a word; a row of them that nothing disturbed is silence. */
  #checkSilence(line: AccountStateLine): void {
    const record = this.world.tables.rotations.get(line.account)?.record;
    const explained = line.reason !== null || line.blocked !== null || line.stalled || line.phase === "idle";
    if (record === undefined || explained) return void this.#silent.delete(line.account);
    const faults = [...this.world.wire.met.values()].reduce((sum, count) => sum + count, 0);
    const known = this.#silent.get(line.account);
    const goesOn = known?.phaseSince === record.phaseClock.since && known.faults === faults;
    const count = goesOn ? known.count + 1 : 1;
    this.#silent.set(line.account, { phaseSince: record.phaseClock.since, count, faults });
    if (count > 5) this.#broken("I6", `${line.account} has been ${line.phase} for ${count} ticks without a reason`);
  }

  /** Why this account is not at rest; null where it is. */
  restless(account: string): string | null {
    const record = this.world.tables.rotations.get(account)?.record;
    if (record === undefined) return "was never seen";
    if (record.claim !== null) return "is claimed";
    const unsettled = this.audit.unsettled(account);
    if (unsettled !== null) return unsettled;
    if (record.failure !== null) return `failed: ${record.failure.detail}`;
    if (rotationOf(record.state) !== null || record.state.phase !== "idle") return `is ${record.state.phase}`;
    const newest = this.world.vault.newest(record.secret);
    return newest !== null &&
      newest.disabledBy === null &&
      this.world.batch.accepts(newest.value) &&
      newest.version === record.state.active.version
      ? null
      : "publishes a version that does not work or is not known";
  }

  broken(invariant: string, text: string): void {
    this.#broken(invariant, text);
  }

  #broken(invariant: string, text: string): void {
    if (this.violation !== null) return;
    this.violation = { invariant, text };
    this.world.transcript.note("JUDGE", () => `${invariant} is broken: ${text}`);
  }
}

interface AccountStateLine {
  readonly event: "AccountState";
  readonly account: string;
  readonly phase: string | null;
  readonly reason: string | null;
  readonly blocked: string | null;
  readonly stalled: boolean;
}

const isAccountState = (content: unknown): content is AccountStateLine =>
  content !== null && typeof content === "object" && "event" in content && content.event === "AccountState";
