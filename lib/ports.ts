import type { BatchKey } from "./batch-key";
import type { BatchAccountRef, SecretRef } from "./rotation/account-config";
import type { AttentionRow } from "./rotation/attention";
import type { DiscoveryConfig } from "./rotation/discovery/discovery-config";
import type { DiscoveryHead } from "./rotation/discovery/discovery-head";
import type { KnownAccount } from "./rotation/discovery/known-account";
import type { Answer } from "./rotation/discovery/merge-found";
import type { Wanted } from "./rotation/events/deliveries";
import type { Announcement, EventKind, RotationEvent } from "./rotation/events/events";
import type { Notice } from "./rotation/events/notice";
import type { FleetState } from "./rotation/fleet/fleet-state";
import type { Marks } from "./rotation/ownership";
import type { Slot } from "./rotation/phases";
import type { NextLook, StoredLook } from "./rotation/next-look";
import type { RotationRecord } from "./rotation/record";
import type { ContainerAppShown } from "./rotation/gate/container-app";
import type { DataFactoryShown } from "./rotation/gate/data-factory";
import type { AccountSearch } from "./rotation/gate/key-copies";
import type { ReaderSeen } from "./rotation/gate/readers-seen";
import type { AppServiceSeen, ReferenceSeen } from "./rotation/gate/app-service-seen";
import type { Sight, SightName, Sightings } from "./rotation/gate/sightings";
import type { InstanceReport, MergedSignal } from "./rotation/gate/signals";
import type { Instant } from "./rotation/time/time";

/** Every external call ends when `signal` aborts, which is before the caller's claim runs out. */
export interface CallOptions {
  readonly signal: AbortSignal;
}

/** What a service gave for the record of a change. */
export interface Receipt {
  /** The service's id of the request, for an audit or a support case. */
  readonly requestId: string | null;
}

export interface BatchAccount {
  /** Host, with its port where it has one, of the data plane: `name.region.batch.azure.com`. */
  readonly accountEndpoint: string;
  /** False where the account's mode or settings leave shared keys out: then there is nothing to rotate. */
  readonly sharedKeyAllowed: boolean;
}

export type SlotKeys = Readonly<Record<Slot, BatchKey>>;

export interface RegenerateOptions extends CallOptions {
  /**
   * Called when only the sending is left: token and write allowance are there. Where it throws, the request has
   * certainly not been sent, and `regenerate` throws the same.
   */
  readonly lastLook: () => Promise<void>;
}

/** The answer to a regenerate: both keys as they are after it. */
export type Regenerated = Receipt & { readonly keys: SlotKeys };

/**
 * The two keys of Batch accounts. Every method throws only `TransientServiceError` (not done), `OutcomeUnknownError`
 * (regenerate only) or `OperatorNeededError`.
 */
export interface BatchKeys {
  readAccount(ref: BatchAccountRef, options: CallOptions): Promise<BatchAccount>;
  readKeys(ref: BatchAccountRef, options: CallOptions): Promise<SlotKeys>;
  /**
   * Replaces the key of one slot. Sent exactly once: repeating a lost request could replace a key that is in use by
   * then.
   */
  regenerate(ref: BatchAccountRef, slot: Slot, options: RegenerateOptions): Promise<Regenerated>;
  /** One signed, reading call to the data plane: does Batch accept this key now? */
  probe(
    ref: BatchAccountRef,
    accountEndpoint: string,
    key: BatchKey,
    options: CallOptions,
  ): Promise<"accepted" | "refused">;
  /**
   * Reads what the account holds through the data plane, each request signed with `signWith`, and searches it for
   * copies of both keys. What has ended is left out: it uses no key any more.
   */
  search(
    ref: BatchAccountRef,
    accountEndpoint: string,
    wanted: { readonly signWith: BatchKey; readonly keys: SlotKeys },
    options: CallOptions,
  ): Promise<AccountSearch>;
}

export type Tags = Readonly<Record<string, string>>;

export type SecretVersion =
  | {
      readonly version: string;
      readonly enabled: true;
      readonly key: BatchKey;
      readonly createdAt: Instant;
      readonly rotationId: string | null;
      readonly marks: Marks;
      /** The tags that the rotator does not set itself. */
      readonly otherTags: Tags;
    }
  | { readonly version: string; readonly enabled: false };

/** Everything that is written with a published key, in one request. */
export interface Publication {
  readonly key: BatchKey;
  readonly slot: Slot;
  readonly resourceId: string;
  readonly rotateEveryMs: number;
  readonly expiresAt: Instant;
  /** The rotation that publishes, or the id of the adoption or repair. */
  readonly rotationId: string;
  /** Tags that others have set on the version before; kept as far as Key Vault's 15 tags allow. */
  readonly otherTags: Tags;
}

/**
 * The published secret of an account.
 * Throws only `TransientServiceError`, `OutcomeUnknownError` (publish, disable and contest) or `OperatorNeededError`.
 */
export interface SecretPublisher {
  /**
   * What apps read now; null where the secret has no version. A disabled newest version is `OperatorNeededError`
   * `SecretDisabled`.
   */
  newest(ref: SecretRef, options: CallOptions): Promise<Extract<SecretVersion, { enabled: true }> | null>;
  /** One version; null where the vault does not know it. */
  version(ref: SecretRef, version: string, options: CallOptions): Promise<SecretVersion | null>;
  publish(
    ref: SecretRef,
    publication: Publication,
    options: CallOptions,
  ): Promise<Receipt & { readonly version: string; readonly createdAt: Instant }>;
  disable(ref: SecretRef, version: string, options: CallOptions): Promise<void>;
  /**
   * Adds the tag `ContestedBy` to a version, with all its other tags kept; a version that has one stays as it is. Tags
   * that another client changes between the read and the write may be lost.
   */
  contest(ref: SecretRef, version: string, resourceId: string, options: CallOptions): Promise<void>;
}

/** A record as it was read, with the token that a conditional write needs, and what its row says beside it. */
export interface Stored {
  readonly record: RotationRecord;
  readonly etag: string;
  readonly look: StoredLook;
}

/** All records of the tables, of whatever account. */
export interface AllRecords {
  readonly records: readonly RotationRecord[];
  /** Names of accounts whose record cannot be read. */
  readonly unreadable: readonly string[];
}

/** What one write of a record says beside it. */
export interface RecordWrite extends CallOptions {
  readonly look: NextLook;
  /** Who must act on the account: `attentionOf`. */
  readonly attention: string;
}

/** What a row says beside its record, without the record. */
export interface RecordGlance extends StoredLook {
  readonly account: string;
}

/** A row with its record; null where that cannot be read. */
export interface ScannedRecord extends RecordGlance {
  readonly record: RotationRecord | null;
}

/**
 * The rotation records. Writes are conditional, and never take a lost answer for a lost race:
 * each write carries its own id and is read back before it is called a conflict.
 * Throws `TransientServiceError`, `OperatorNeededError`, and `CorruptRecordError` (read).
 */
export interface Rotations {
  read(account: string, options: CallOptions): Promise<Stored | null>;
  list(options: CallOptions): Promise<AllRecords>;
  /** The names of the records that are for this Batch account and can be read. */
  ofBatchAccount(resourceId: string, options: CallOptions): Promise<readonly string[]>;
  /** A glance at every record: a thousand of them in one request, and no more than these in memory. */
  scan(visit: (glance: RecordGlance) => void, options: CallOptions): Promise<void>;
  /** What the rows say of accounts that are not plainly idle: the service filters, so the others cost nothing here. */
  listAttention(options: CallOptions): Promise<readonly AttentionRow[]>;
  /** Every record, page by page, so that no more than a page is in memory. */
  scanRecords(visit: (row: ScannedRecord) => void, options: CallOptions): Promise<void>;
  /** Null when there is a record already. */
  insert(record: RotationRecord, options: RecordWrite): Promise<Stored | null>;
  /** Null when another writer has written since `etag` was read. */
  replace(record: RotationRecord, etag: string, options: RecordWrite): Promise<Stored | null>;
}

/** What ticks leave for the next one, of whatever process: a process may live for one tick only. */
export interface TickNotes {
  /** When a tick last looked at all accounts; null for never. */
  readonly allLookedAt: Instant | null;
  /** The last time that a tick has handed accounts to the queue, and whether a worker has got any; null for never. */
  readonly handedOver: { readonly at: Instant; readonly taken: boolean } | null;
  /** When it was last an alarm that no worker takes any; null once one has. */
  readonly untakenAlarmAt: Instant | null;
}

export const noTickNotes: TickNotes = { allLookedAt: null, handedOver: null, untakenAlarmAt: null };

export interface StoredTickNotes {
  readonly notes: TickNotes;
  readonly etag: string;
}

/** Throws `TransientServiceError` or `OperatorNeededError`. */
export interface Ticks {
  /** Null where there are none, or they cannot be understood. */
  read(options: CallOptions): Promise<StoredTickNotes | null>;
  /** Null when another writer has written since `etag` was read; `etag` is null where there was none. */
  write(notes: TickNotes, etag: string | null, options: CallOptions): Promise<StoredTickNotes | null>;
}

export interface StoredNotice {
  readonly notice: Notice;
  readonly etag: string;
}

/** Alarms that no rotation record can hold. Throws `TransientServiceError` or `OperatorNeededError`. */
export interface Notices {
  /** All there are. One that cannot be read is as good as new: its alarm is raised again. */
  list(options: CallOptions): Promise<readonly StoredNotice[]>;
  /** Null when another writer has written since `etag` was read; `etag` is null where there was none. */
  write(notice: Notice, etag: string | null, options: CallOptions): Promise<StoredNotice | null>;
}

/**
 * What all accounts share, in one row. Throws `TransientServiceError` or `OperatorNeededError`. A row that cannot be
 * read is `unreadableFleet`, and one that is absent is `emptyFleet`.
 */
export interface Fleet {
  /** At most `maxAgeMs` milliseconds old. */
  read(maxAgeMs: number, options: CallOptions): Promise<FleetState>;
  /**
   * Applies `change` to what is stored, again where another writer came in between, and returns what is stored then.
   * Where `change` returns its argument nothing is written: that may rest on a row that was read a minute ago.
   */
  update(change: (state: FleetState) => FleetState, options: CallOptions): Promise<FleetState>;
}

/** Container Apps, as Resource Manager shows them. */
export interface ContainerApps {
  /** Throws as every read does. `call`: a limit for each request. */
  look(resourceId: string, secret: SecretRef, call: () => CallOptions): Promise<ContainerAppShown>;
}

/** Linked services of Data Factories, as Resource Manager shows them. */
export interface DataFactories {
  /** Throws as every read does. `call`: a limit for each request. */
  look(
    service: { readonly resourceId: string; readonly linkedService: string },
    batch: BatchAccountRef,
    secret: SecretRef,
    call: () => CallOptions,
  ): Promise<DataFactoryShown>;
}

/** App Service, Functions and Logic Apps Standard, as Resource Manager shows them: apps and slots of apps. */
export interface AppServices {
  /** The app settings that refer to the secret. Throws as every read does. */
  references(resourceId: string, secret: SecretRef, options: CallOptions): Promise<readonly ReferenceSeen[]>;
  /** Instances that run. Throws as every read does. */
  instances(resourceId: string, options: CallOptions): Promise<AppServiceSeen["instances"]>;
  /**
   * Has the platform read all references of the app again, which restarts it. Returns what `references` does then.
   * Throws `OutcomeUnknownError` too; to ask twice does no more harm than one more restart.
   */
  refresh(resourceId: string, secret: SecretRef, options: CallOptions): Promise<readonly ReferenceSeen[]>;
  /** Restarts the app, and returns once it has. It reads nothing again. Throws as `refresh` does. */
  restart(resourceId: string, options: CallOptions): Promise<void>;
}

export interface Signals {
  /** What consumers have reported and what the rotator has seen itself, in one request. */
  list(account: string, options: CallOptions): Promise<Sightings>;
  /**
   * Applies `merge` to what is known of the instance, again where another signal came in between. Null where `merge`
   * returns null: nothing is written.
   */
  update(
    account: string,
    consumer: string,
    instance: string,
    merge: (known: InstanceReport | null) => MergedSignal | null,
    options: CallOptions,
  ): Promise<{ readonly accepted: boolean } | null>;
  /**
   * Applies `change` to what the rotator has seen under this name (null: never, or it cannot be read), again where
   * another process came in between, and returns what is stored then. Null where `change` returns null: nothing is
   * written.
   */
  updateSight(
    account: string,
    name: SightName,
    change: (known: Sight | null) => Sight | null,
    options: CallOptions,
  ): Promise<Sight | null>;
  /** How many instances of a consumer have been heard of since then. */
  countInstances(account: string, consumer: string, since: Instant, options: CallOptions): Promise<number>;
  /** Removes the reports that are over, at most `limit`. One that has changed since it was read is left. */
  removeOver(
    account: string,
    isOver: (report: InstanceReport) => boolean,
    limit: number,
    options: CallOptions,
  ): Promise<void>;
}

/** A random text that all processes of the app share and no one outside knows: it signs the forms of the page. */
export interface FormSecret {
  /** Made at the first read. Throws `TransientServiceError` or `OperatorNeededError`. */
  read(options: CallOptions): Promise<string>;
}

/** What is asked of the vault's audit log. */
export interface ReadersQuestion {
  readonly from: Instant;
  readonly to: Instant;
  /** Object ids whose reads must not be left out. */
  readonly consumers: readonly string[];
  /** The rotator's own object id, whose reads are left out; null where it is not known. */
  readonly rotator: string | null;
}

export interface ReadersAnswer {
  readonly readers: readonly ReaderSeen[];
  /** The log knows more of them than it has answered with. */
  readonly more: boolean;
  /** Why something may be missing; null where nothing is. */
  readonly incomplete: string | null;
}

/**
 * Who has read a secret, by the vault's audit log, which is minutes behind. Throws only `TransientServiceError` or
 * `OperatorNeededError`.
 */
export interface AuditLog {
  readers(secret: SecretRef, question: ReadersQuestion, options: CallOptions): Promise<ReadersAnswer>;
}

export type HealthAnswer =
  | { readonly kind: "answered"; readonly body: unknown }
  /** `problem` goes on the sentence "its health URL …". */
  | { readonly kind: "failed"; readonly problem: string };

/** Consumers that are asked for their health. */
export interface HealthChecks {
  /** Never throws: what went wrong is the answer. */
  ask(url: string, nonce: string, options: CallOptions): Promise<HealthAnswer>;
}

/** What the rotator's own identity may do. */
export interface Permissions {
  /**
   * The identity's object id; null where its token does not say. Throws `TransientServiceError` or
   * `OperatorNeededError` where it gets no token.
   */
  principalId(options: CallOptions): Promise<string | null>;
  /** Whether a role assignment grants the action on the resource; null where that cannot be read. */
  allows(resourceId: string, action: string, options: CallOptions): Promise<boolean | null>;
}

/** A row of the history that holds no event: added, moved or edited manually. */
export interface UnreadableRow {
  /** Its place; null for a row that has none. */
  readonly sequence: number | null;
  readonly problem: string;
}

export interface HistoryPage {
  /** Newest first. */
  readonly events: readonly RotationEvent[];
  /** In the places among these. */
  readonly unreadable: readonly UnreadableRow[];
  /** The `before` of the next page; null at the end. */
  readonly next: number | null;
}

/** The numbers above `after`, up to `through`. */
export interface HistoryRange {
  readonly after: number;
  readonly through: number;
}

export interface History {
  /**
   * Adds events of one account in one request: all or none, at most a hundred. A single one that is there already is
   * left as it is, so a repeat is harmless. Throws `CorruptRecordError` where another event is in its place, and for
   * several where any event is in the place of one of them.
   */
  append(events: readonly RotationEvent[], options: CallOptions): Promise<void>;
  /** Events of an account from below `before` on, `limit` places in all. */
  page(
    account: string,
    range: { readonly limit: number; readonly before: number | null },
    options: CallOptions,
  ): Promise<HistoryPage>;
  /**
   * The newest event of one of these kinds that can be read; null for none. With `above`: where there are events with
   * higher numbers than this, the newest of them that can be read, of any kind.
   */
  newestOf(
    account: string,
    kinds: readonly EventKind[],
    options: CallOptions & { readonly above?: number },
  ): Promise<RotationEvent | null>;
  /**
   * The number of the newest event from before `at`, among the oldest without a break within the range; `after` for
   * none. Reads a few hundred events at most: where it finds some, more may follow.
   */
  lastBefore(account: string, at: Instant, range: HistoryRange, options: CallOptions): Promise<number>;
  /** Takes out the events up to this number. */
  removeThrough(account: string, sequence: number, options: CallOptions): Promise<void>;
}

/** What became of one delivery. `gone`: never try this event again. */
export type Delivered = "delivered" | "failed" | "gone";

/** Where alarms go besides history and log. */
export interface Alerts {
  /** Which events are sent; null where there is no webhook. */
  readonly wanted: Wanted | null;
  /** Never throws, and never takes long: a receiver that has just failed is not asked again at once. */
  deliver(event: Announcement, options: CallOptions): Promise<Delivered>;
}

/** A service outside Azure that raises an alarm when it hears nothing for too long. */
export interface Heartbeat {
  /** Reports the end of one run of the timer. Never throws, never logs, and ends within seconds. */
  report(outcome: "good" | "bad"): Promise<void>;
}

/** One line of JSON each. Never given an error of an SDK. */
export interface Log {
  write(level: "info" | "warn" | "error", line: Readonly<Record<string, unknown>> & { readonly event: string }): void;
}

export interface Clock {
  now(): Date;
  /** A signal that aborts `ms` milliseconds from now. */
  abortAfter(ms: number): AbortSignal;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Ids {
  /** A new ULID. */
  next(): string;
}

/** All Batch accounts in the scope of discovery, as Azure Resource Graph shows them. */
export interface GraphAnswer extends Answer {
  /** Why it is not complete; null where it is. */
  readonly incomplete: string | null;
}

/** Azure Resource Graph, which is minutes behind. Throws only `TransientServiceError` or `OperatorNeededError`. */
export interface ResourceGraph {
  batchAccounts(discovery: DiscoveryConfig, options: CallOptions): Promise<GraphAnswer>;
}

export interface StoredHead {
  readonly head: DiscoveryHead;
  readonly etag: string;
}

/** Some of the known accounts: each account belongs to one shard by a hash of its resource id. */
export interface StoredShard {
  readonly index: number;
  readonly accounts: readonly KnownAccount[];
  readonly etag: string;
}

/**
 * What discovery has found. Writes are conditional, as those of the rotation records.
 * Throws `TransientServiceError` or `OperatorNeededError`.
 */
export interface Discoveries {
  /** Null before the first write. What cannot be read counts as not there: the next answer of the graph restores it. */
  head(options: CallOptions): Promise<StoredHead | null>;
  /** `etag` null: inserts. Null where another process has written. */
  writeHead(head: DiscoveryHead, etag: string | null, options: CallOptions): Promise<StoredHead | null>;
  shards(options: CallOptions): Promise<readonly StoredShard[]>;
  /** The same for one shard. */
  writeShard(shard: Omit<StoredShard, "etag">, etag: string | null, options: CallOptions): Promise<StoredShard | null>;
}

export interface Ports {
  readonly batch: BatchKeys;
  readonly secrets: SecretPublisher;
  readonly rotations: Rotations;
  readonly ticks: Ticks;
  readonly notices: Notices;
  readonly fleet: Fleet;
  readonly formSecret: FormSecret;
  readonly signals: Signals;
  readonly health: HealthChecks;
  readonly permissions: Permissions;
  /** Null where no workspace is named. */
  readonly auditLog: AuditLog | null;
  readonly history: History;
  readonly alerts: Alerts;
  readonly log: Log;
  readonly clock: Clock;
  readonly ids: Ids;
}
