import type { SecretRef } from "../../lib/rotation/account-config";
import type { Announcement, RotationEvent } from "../../lib/rotation/events/events";
import type { Notice } from "../../lib/rotation/events/notice";
import { type FleetConfig, noFleetLimits } from "../../lib/rotation/fleet/fleet-config";
import { rotationOf } from "../../lib/rotation/phases";
import type { RotationRecord } from "../../lib/rotation/record";
import type { KeyFact } from "../fakes/world/fake-batch";
import { limits } from "../fakes/limits";
import { secretName, type VersionFact } from "../fakes/world/fake-vault";
import type { Operation } from "../fakes/world/faults";
import type {
  FoundCopies,
  ManualChange,
  Observer,
  ReadersShown,
  SentPublication,
  SentRegenerate,
} from "../fakes/world/observer";
import type { Process } from "../fakes/world/process";
import { maxClockOffsetMs } from "./plan-types";
import type { World } from "../fakes/world/world";
import { AzureEventJudge } from "./azure-event-judge";
import { ClaimJudge } from "./claim-judge";
import { CopyJudge } from "./copy-judge";
import { EventAudit } from "./event-audit";
import { FleetJudge } from "./fleet-judge";
import type { Instance } from "./instances";
import { LeakSearch } from "./leak-search";
import { PublicationJudge } from "./publication-judge";
import { ReaderJudge } from "./reader-judge";
import { transitionProblem } from "./transition-events";
import { UrgentJudge } from "./urgent-judge";

export interface Violation {
  readonly invariant: string;
  readonly text: string;
}

/** Which phase asks for which slot to be regenerated; any other asks for none. */
const slotToRegenerate = ({ state }: RotationRecord) => {
  if (state.phase === "started") return state.rotation.target;
  return state.phase === "published" ? state.rotation.previous : null;
};

/** Watches a world and reports the first broken invariant and the effect that broke it. */
export class Judge implements Observer {
  violation: Violation | null = null;
  /** Invariants that a test breaks on purpose. */
  readonly waived = new Set<string>();
  readonly leaks: LeakSearch | null;
  readonly audit: EventAudit;
  readonly fleet: FleetJudge;
  readonly #claims: ClaimJudge;
  readonly #publications: PublicationJudge;
  readonly #urgent: UrgentJudge;
  readonly #copies: CopyJudge;
  readonly #readers: ReaderJudge;
  readonly #azureEvents: AzureEventJudge;
  /** By secret: its newest version where that holds a dead, refused key, and the virtual time of this finding. */
  readonly #deadSince = new Map<string, { readonly version: string; readonly at: number }>();
  /** By secret that a restored record names although its account has left it: its newest version at that moment. */
  readonly #left = new Map<string, string>();
  /** By account: the failures of its driver's process before it took the claim. */
  readonly #failuresBefore = new Map<string, number>();
  /** By account: the number of consecutive lines that gave its state without a reason. */
  readonly #silent = new Map<
    string,
    { readonly phaseSince: string; readonly count: number; readonly faults: number }
  >();
  /** The effect of a fault or an act before a call. */
  beforeCall: Observer["beforeCall"] = () => undefined;

  constructor(
    private readonly world: World,
    private readonly instances: () => readonly Instance[],
    searched: boolean,
    fleet: FleetConfig = noFleetLimits,
  ) {
    this.fleet = new FleetJudge(world, fleet, (invariant, text) => this.#broken(invariant, text));
    this.audit = new EventAudit(world, (invariant, text) => this.#broken(invariant, text));
    this.#claims = new ClaimJudge(world, (invariant, text) => this.#broken(invariant, text));
    this.#publications = new PublicationJudge(world, (invariant, text) => this.#broken(invariant, text));
    this.#urgent = new UrgentJudge(world, (invariant, text) => this.#broken(invariant, text));
    this.#copies = new CopyJudge(world, (invariant, text) => this.#broken(invariant, text));
    this.#readers = new ReaderJudge(world, (invariant, text) => this.#broken(invariant, text));
    this.#azureEvents = new AzureEventJudge(world, (invariant, text) => this.#broken(invariant, text));
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
    this.#claims.sent(sent);
    this.#copies.sent(sent);
    const overridden = this.#overridden(sent);
    this.#readers.sent(sent, overridden);
    if (overridden) this.#giveUp(sent);
  }

  published(sent: SentPublication, before: VersionFact | null, added: VersionFact): void {
    this.#claims.published(sent);
    this.#publications.published(sent, before, added, this.#claims.heldAt(sent));
  }

  searched(found: FoundCopies): void {
    this.#copies.searched(found);
  }

  readersShown(shown: ReadersShown): void {
    this.#readers.readersShown(shown);
  }

  deliveryFailed(process: Process, error: unknown): void {
    this.#azureEvents.deliveryFailed(process, error);
  }

  callFailed(process: Process, operation: Operation): void {
    if (operation !== "batch.probe") process.failures += 1;
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
   * The effect at which a person published a key of this slot, after the driver had read the newest version and before
   * its request was done, which no rotator can see. Null where that did not happen.
   */
  #publishedManuallySince({ record, newestReadAt, slot }: SentRegenerate): number | null {
    if (record === null) return null;
    const manual = this.world.vault
      .versions(record.secret)
      .find(
        (version) =>
          version.by === "person" &&
          version.effect > newestReadAt &&
          this.world.batch.keys.get(version.value)?.slot === slot,
      );
    return manual?.effect ?? null;
  }

  excuses(sent: SentRegenerate): boolean {
    return this.#publishedManuallySince(sent) !== null;
  }

  regenerated(sent: SentRegenerate, killed: KeyFact): void {
    const { record } = sent;
    const { world } = this;
    this.#claims.regenerated(sent);
    world.transcript.note("batch", () => `${world.transcript.key(killed.value)} (${killed.slot}) is dead`);
    const manual = this.#publishedManuallySince(sent);
    const newest = record === null ? null : world.vault.newest(record.secret);
    if (newest?.value === killed.value && manual === null)
      this.#broken("I2", `the rotator regenerated the published ${killed.slot} key`);
    const what = record?.state.phase === "published" ? "previous" : "target";
    for (const instance of this.instances()) {
      if (!instance.alive || instance.value !== killed.value || instance.givenUp) continue;
      if (manual !== null && instance.readAt >= manual) continue;
      this.#broken(
        "I2",
        `the rotator regenerated the ${what} key, ${killed.slot}, while ${instance.consumer}/${instance.id} used it`,
      );
    }
  }

  // I1: no call is refused

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
    // Where a person kills the key of a repair before its publication, that is a new finding, unseen by any driver.
    else if (this.#deadSince.get(secretName(secret))?.version !== newest.version)
      this.#deadSince.set(secretName(secret), { version: newest.version, at: world.timeline.now });
    if (newest !== null && newest.disabledBy === null && world.batch.accepts(newest.value)) return;
    if (newest !== null && newest.version === this.#left.get(secretName(secret))) return;
    if (newest === null) return this.#broken("I1", `${secret.name} has no version`);
    if (newest.disabledBy === "rotator") return this.#broken("I1", "the rotator disabled the newest version");
    if (newest.disabledBy === null && !this.#excused(newest.value, newest))
      this.#broken(
        "I1",
        [
          `the newest version, ${world.transcript.version(newest.version)}`,
          `with ${world.transcript.key(newest.value)}, does not authenticate`,
        ].join(" "),
      );
  }

  /** Another Batch call of an instance. Batch may refuse it only because of what a person did. */
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
   * A value that was never a key, or that a person killed; one that Batch does not accept yet only where a person
   * published it, or where no signed call could be made and the secret held no live key.
   */
  #excused(value: string, published: VersionFact | null): boolean {
    const key = this.world.batch.keys.get(value);
    if (key === undefined) return true;
    if (key.death !== null) return key.death.by === "person" || key.death.excused;
    return published !== null && (published.by === "person" || this.#publications.isUnproven(published.version));
  }

  // I5, and the repair of I1

  recordWritten(process: Process, before: RotationRecord | null, after: RotationRecord): void {
    this.#claims.recordWritten(process, before, after);
    this.fleet.recordWritten(before, after);
    if (after.claim !== null && after.claim.id !== before?.claim?.id) this.#beginClaim(process, after);
    if (before !== null) this.#checkNotStale(before, after);
    const fresh = this.audit.recordWritten(before, after);
    this.#urgent.recordWritten(before, after, fresh);
    this.#azureEvents.recordWritten(process, before, after, fresh);
    const problem = transitionProblem(before, after, fresh);
    if (problem !== null) this.#broken("I5", problem);
    if (before?.claim && after.claim === null) this.#checkRepaired(process, after);
    for (const event of fresh) if (event.event === "RotationRolledBack") this.#checkRolledBack(before, event);
    if (before !== null) this.#noteOverride(before, after);
  }

  /** What a driver read or asked under another claim does not count for this claim. */
  #beginClaim(process: Process, { account, secret, resourceId }: RotationRecord): void {
    process.reads.delete(secretName(secret));
    this.#failuresBefore.set(account, process.failures);
    for (const value of process.probes.keys()) {
      if (this.world.batch.keys.get(value)?.resourceId === resourceId) process.probes.delete(value);
    }
  }

  /** An earlier version of the secret is a stale read, not a publication. */
  #checkNotStale({ secret, state }: RotationRecord, after: RotationRecord): void {
    const versions = [state, after.state].map(({ active }) =>
      active === null ? null : this.world.vault.version(secret, active.version),
    );
    const [recorded, taken] = versions;
    if (recorded && taken && taken.effect < recorded.effect)
      this.#broken("I1", `${after.account}: a version that is older than the recorded one was taken over`);
  }

  /** By itself only for an app that was unhealthy in fact, and never back to a leaked key. */
  #checkRolledBack(before: RotationRecord | null, { account, by }: RotationEvent): void {
    if (by.startsWith("operator:") || before === null) return;
    const rotation = rotationOf(before.state);
    if (rotation?.retireAfterMs !== null) this.#broken("rollback", `${account}: the leaked key came back by itself`);
    if (!this.instances().some(({ wasUnhealthy }) => wasUnhealthy))
      this.#broken("rollback", `${account} was rolled back by itself, although no app was ever unhealthy`);
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

  changedManually(account: string, what: ManualChange, copy: RotationRecord | null): void {
    if (what === "deleted" || what === "setBack") {
      this.#urgent.forget(account);
      this.#azureEvents.forget(account);
    }
    if (copy !== null) this.#noteLeft(account, copy.secret);
    this.audit.changedManually(account, what, copy);
  }

  /** The copy of a record names a secret that the account has left since: rotations went on without it. */
  #noteLeft(account: string, secret: SecretRef): void {
    const present = this.world.tables.rotations.get(account)?.record.secret;
    const version = this.world.vault.newest(secret)?.version;
    if (present === undefined || version === undefined || secretName(present) === secretName(secret)) return;
    this.#left.set(secretName(secret), version);
  }

  /** After a run. */
  checkHistory(): void {
    this.audit.check();
    this.#urgent.check();
  }

  /**
   * Where Batch cannot be asked, a list is trusted only two minutes after the last change of a key or of the secret,
   * or after a quarantine, by any clock.
   */
  #listSettledAt({ resourceId, quarantine }: RotationRecord, deadAt: number): number {
    const { timeline, wallMs, batch } = this.world;
    const deaths = [...batch.keys.values()].map((key) => (key.resourceId === resourceId ? (key.death?.at ?? 0) : 0));
    const quarantinedUntil = quarantine === null ? 0 : Date.parse(quarantine.until) - wallMs + timeline.now;
    return Math.max(deadAt, quarantinedUntil, ...deaths) + 2 * 60_000 + 4 * maxClockOffsetMs;
  }

  /** Two accounts have this secret: whose driver has read it is not known then. */
  #isShared({ account, secret }: RotationRecord): boolean {
    const others = [...this.world.tables.rotations.values()].filter(({ record }) => record.account !== account);
    return others.some(({ record }) => secretName(record.secret) === secretName(secret));
  }

  /**
   * A driver that has read a dead published key and could repair it has done so before it releases its claim. A data
   * plane that does not answer is no excuse; a list that may be behind is one, and so is Batch where it accepts no
   * key yet that may be published.
   */
  #checkRepaired(process: Process, record: RotationRecord): void {
    const { account, secret, resourceId, state, hold, quarantine } = record;
    const { batch } = this.world;
    if (process.failures > (this.#failuresBefore.get(account) ?? 0)) return;
    // At first sight there is no guarantee yet: a live key that Batch does not accept is not published.
    if (state.active === null) return;
    const since = this.#deadSince.get(secretName(secret));
    const read = process.reads.get(secretName(secret));
    if (since === undefined || read === undefined || read.at <= since.at) return;
    // A driver that stood still begins no further step once its time is up.
    if (this.world.timeline.now - read.at >= limits.requestMs) return;
    if (batch.listsBehindMs > 0 || read.at <= batch.listsBehindUntil) return;
    if (hold?.reason === "KeyListStale" && read.at < this.#listSettledAt(record, since.at)) return;
    // A slot whose regenerate may still be on its way is not published.
    const usable = Object.values(batch.of(resourceId).keys).filter(({ slot }) => slot !== quarantine?.slot);
    if (usable.every(({ acceptedFrom }) => acceptedFrom > read.at)) return;
    if (isForeign(this.world.vault.newest(secret), resourceId) || this.#isShared(record)) return;
    // It has not read what was published afterwards, not even what it published itself.
    if ((this.world.vault.newest(secret)?.effect ?? 0) > read.effect) return;
    this.#broken(
      "I1",
      "a driver saw that the newest version does not work, and released its claim without repairing it",
    );
  }

  /** After an approval in spite of the consumers, calls on another key may be refused. */
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

  /** A few ticks may log an account in progress without a reason; more undisturbed ticks in a row may not. */
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

  isBlockedAsForeign(account: string): boolean {
    const reason: string | undefined = this.world.tables.rotations.get(account)?.record.failure?.blocked?.reason;
    return reason === "ForeignSecret";
  }

  /** The reason that this account is not at rest; null where it is at rest. */
  restless(account: string): string | null {
    const record = this.world.tables.rotations.get(account)?.record;
    if (record === undefined) return "was never seen";
    if (record.claim !== null) return "is claimed";
    const unsettled = this.audit.unsettled(account);
    if (unsettled !== null) return unsettled;
    if (record.failure !== null) return `failed: ${record.failure.detail}`;
    if (record.restart !== null) return "has a rotation to start again";
    if (record.keyEvents.lookSince !== null) return "owes the comparison that an event asked for";
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
    if (this.waived.has(invariant)) return;
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

/** It bears the mark of another account. */
const isForeign = (version: VersionFact | null, resourceId: string): boolean =>
  ![undefined, resourceId].includes(version?.tags["ProviderAddress"]);
