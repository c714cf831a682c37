import { secretUrl } from "../../rotation/ownership";
import type { HistoryBody } from "../../history/read-history";
import type { AccountRead } from "../../operations/status/read-status";
import type { AccountConfig } from "../../rotation/account-config";
import { formatDuration } from "../../rotation/time/duration";
import type { Instant } from "../../rotation/time/time";
import { type NextStep, whoActs } from "../../rotation/attention/who-acts";
import type { AccountRow } from "./list-model";
import { keyAgeOf, nextDateOf, reasonOf } from "./list-model";
import { type ShownEvent, type Timeline, timelineOf } from "./timeline";
import { phaseWords } from "../words";

export interface InstanceRow {
  readonly id: string;
  readonly version: string;
  readonly current: "published" | "previous" | "another";
  readonly healthy: boolean;
  readonly proven: boolean;
  readonly at: Instant;
}

export interface ConsumerRow {
  readonly name: string;
  readonly state: string;
  readonly good: boolean;
  /** What its good state rests on. */
  readonly evidence: string;
  /** When its platform was last looked at; null where it has none. */
  readonly lookedAt: Instant | null;
  /** How many must run. */
  readonly needed: number;
  readonly instances: readonly InstanceRow[];
  /** Instances that are not shown. */
  readonly more: number;
}

/** An identity that has read the secret, by the vault's audit log. */
export interface ReaderRow {
  readonly who: string;
  /** Null where the log does not say it. */
  readonly version: string | null;
  readonly current: InstanceRow["current"] | null;
  readonly reads: number;
  readonly lastAt: Instant;
  /** Address and client. */
  readonly from: string;
}

export interface Readers {
  readonly rows: readonly ReaderRow[];
  readonly more: number;
  /** Null where the log has never answered. */
  readonly through: Instant | null;
  /** Why the log has not answered in full; null where it has. */
  readonly problem: string | null;
}

export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly at?: Instant;
}

export interface AccountModel extends AccountRow {
  readonly todo: string;
  readonly steps: readonly NextStep[];
  readonly timeline: Timeline | null;
  readonly consumers: readonly ConsumerRow[];
  /** Null where the vault's audit log has not been read. */
  readonly readers: Readers | null;
  /** Since when nothing has used the keys; null where something has, or where that is unknown. */
  readonly unusedSince: Instant | null;
  readonly resourceId: string;
  /** Null where the history cannot be read now. */
  readonly events: readonly ShownEvent[] | null;
  readonly facts: readonly Fact[];
}

/** Shown of each consumer: one that shuts the gate comes first. */
const maxInstances = 20;

export const accountModel = (
  read: AccountRead,
  config: AccountConfig,
  events: HistoryBody["events"] | null,
  now: Instant,
): AccountModel => {
  const acts = whoActs(read.status);
  return {
    account: config.name,
    standing: acts.standing,
    ...reasonOf(acts),
    since: acts.since,
    todo: acts.todo,
    steps: acts.steps,
    keyAge: keyAgeOf(read, config, now),
    next: nextDateOf(read, config, now),
    timeline: timelineOf(read.record, config, events ?? [], now),
    consumers: consumerRows(read, config),
    readers: readersOf(read),
    unusedSince: read.status.keysUnusedSince,
    resourceId: read.status.resourceId,
    events,
    facts: factsOf(read, config),
  };
};

/** Of a consumer, in a few words; the page says the whole sentence above. */
const stateWords: Readonly<Record<string, string>> = {
  Good: "good",
  NoSignalYet: "has not reported",
  SignalStale: "last report too old",
  InstancesMissing: "instances missing",
  OnPreviousKey: "on the previous key",
  ProofMissing: "proof missing",
  Unhealthy: "unhealthy",
  PinnedVersion: "names a version of the secret",
  RefreshFailed: "its reference fails",
  RefreshPending: "being refreshed",
  NeedsSignal: "its platform does not show the key; no report",
  EvidenceTooWeak: "evidence too weak",
};

type VersionKind = (version: string) => InstanceRow["current"];

/** What a version of the secret is to the account now. */
const versionKinds = ({ status, record }: AccountRead): VersionKind => {
  const present = record?.state;
  const previous = present !== undefined && "previousVersion" in present ? present.previousVersion : null;
  return (version) => (version === status.secret.version ? "published" : version === previous ? "previous" : "another");
};

const consumerRows = (read: AccountRead, { gate }: AccountConfig): readonly ConsumerRow[] => {
  const kindOf = versionKinds(read);
  return read.status.consumers.map(({ name, state, evidence, instances }) => {
    const rows = instances
      .map(({ secretVersion: version, ...one }): InstanceRow => ({ ...one, version, current: kindOf(version) }))
      .toSorted((one, other) => trouble(other) - trouble(one) || (one.id < other.id ? -1 : 1));
    return {
      name,
      state: stateWords[state] ?? state,
      good: state === "Good",
      evidence: evidence ?? "none yet",
      lookedAt: read.sightings.platforms.find(({ consumer }) => consumer === name)?.lookedAt ?? null,
      needed: gate.consumers.find((consumer) => consumer.name === name)?.instances ?? 0,
      instances: rows.slice(0, maxInstances),
      more: Math.max(0, rows.length - maxInstances),
    };
  });
};

const readersOf = (read: AccountRead): Readers | null => {
  const { readers: seen } = read.sightings;
  if (seen === null) return null;
  const kindOf = versionKinds(read);
  return {
    through: seen.through,
    problem: seen.problem ?? seen.incomplete,
    more: seen.omitted + Math.max(0, seen.readers.length - maxInstances),
    rows: seen.readers
      .slice(0, maxInstances)
      .map(({ identity, resource, version, reads, lastAt, address, client }) => ({
        who: resource ?? identity,
        version,
        current: version === null ? null : kindOf(version),
        reads,
        lastAt,
        from: [address, client].filter((text) => text !== null).join(", "),
      })),
  };
};

const trouble = ({ current, healthy, proven }: InstanceRow): number =>
  (current === "published" ? 0 : 4) + (healthy ? 0 : 2) + (proven ? 0 : 1);

const factsOf = ({ status, record }: AccountRead, config: AccountConfig): readonly Fact[] => {
  const { phase, rotation, lastRotation, secret, activeSlot } = status;
  const active = record?.state.active ?? null;
  return [
    { name: "Phase", value: phase === null ? "Not seen yet" : phaseWords[phase] },
    ...(rotation === null
      ? []
      : [
          {
            name: "Rotation",
            value: `${rotation.id}, ${rotation.trigger}: ${rotation.reason}`,
            at: rotation.startedAt,
          },
        ]),
    ...(lastRotation === null
      ? []
      : [{ name: "Last rotation", value: `${lastRotation.id}, ${lastRotation.outcome}`, at: lastRotation.endedAt }]),
    { name: "Batch account", value: status.resourceId },
    { name: "Secret", value: secretUrl(secret) },
    ...(active === null
      ? []
      : [
          { name: "Published version", value: `${active.version} (${activeSlot} key)`, at: active.publishedAt },
          { name: "Key made", value: "", at: active.keyMadeAt },
        ]),
    { name: "Rotates every", value: formatDuration(config.rotateEveryMs) },
    { name: "Gate", value: gateText(config) },
  ];
};

const gateText = ({ gate: { mode, soakMs, delayMs }, window }: AccountConfig): string =>
  [
    `mode ${mode}`,
    `soak ${formatDuration(soakMs)}`,
    ...(delayMs === null ? [] : [`delay ${formatDuration(delayMs)}`]),
    ...(window === null ? [] : [`window ${window.days.join(" ")} ${window.from} to ${window.to} ${window.timeZone}`]),
  ].join(", ");
