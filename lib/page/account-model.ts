import type { HistoryBody } from "../history/read-history";
import type { AccountRead } from "../operations/read-status";
import type { AccountConfig } from "../rotation/account-config";
import { formatDuration } from "../rotation/time/duration";
import type { Instant } from "../rotation/time/time";
import { type NextStep, whoActs } from "../rotation/who-acts";
import type { AccountRow } from "./list-model";
import { keyAgeOf, nextDateOf, reasonOf } from "./list-model";
import { type ShownEvent, type Timeline, timelineOf } from "./timeline";
import { phaseWords } from "./words";

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
  /** What its good state rests on, or what it lacks. */
  readonly evidence: string;
  /** How many must run. */
  readonly needed: number;
  readonly instances: readonly InstanceRow[];
  /** Instances that are not shown. */
  readonly more: number;
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
    events,
    facts: factsOf(read, config),
  };
};

const stateWords: Readonly<Record<string, string>> = {
  Good: "good",
  NoSignalYet: "has not reported",
  SignalStale: "last report too old",
  InstancesMissing: "instances missing",
  OnPreviousKey: "on the previous key",
  ProofMissing: "proof missing",
  Unhealthy: "unhealthy",
};

const consumerRows = ({ status, record }: AccountRead, { gate }: AccountConfig): readonly ConsumerRow[] =>
  status.consumers.map(({ name, state, instances }) => {
    const present = record?.state;
    const previous = present !== undefined && "previousVersion" in present ? present.previousVersion : null;
    const kindOf = (version: string): InstanceRow["current"] =>
      version === status.secret.version ? "published" : version === previous ? "previous" : "another";
    const rows = instances
      .map(
        ({ id, secretVersion: version, healthy, proven, at }): InstanceRow => ({
          id,
          version,
          current: kindOf(version),
          healthy,
          proven,
          at,
        }),
      )
      .toSorted((one, other) => trouble(other) - trouble(one) || (one.id < other.id ? -1 : 1));
    return {
      name,
      state: stateWords[state] ?? state,
      good: state === "Good",
      evidence: evidenceOf(state, rows),
      needed: gate.consumers.find((consumer) => consumer.name === name)?.instances ?? 0,
      instances: rows.slice(0, maxInstances),
      more: Math.max(0, rows.length - maxInstances),
    };
  });

const trouble = ({ current, healthy, proven }: InstanceRow): number =>
  (current === "published" ? 0 : 4) + (healthy ? 0 : 2) + (proven ? 0 : 1);

const evidenceOf = (state: string, rows: readonly InstanceRow[]): string => {
  if (state !== "Good") return "none yet";
  return rows.every(({ proven }) => proven) ? "proof" : "report";
};

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
    { name: "Secret", value: `${secret.vaultUrl}/secrets/${secret.name}` },
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
