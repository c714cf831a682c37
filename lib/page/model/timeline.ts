import type { HistoryBody } from "../../history/read-history";
import type { AccountConfig } from "../../rotation/account-config";
import type { EventKind } from "../../rotation/events/events";
import { type Rotation, rotationOf, type State } from "../../rotation/phases";
import type { LastRotation, RotationRecord } from "../../rotation/record";
import { nextDueAt } from "../../rotation/schedule";
import { type Instant, msBetween } from "../../rotation/time/time";
import { retireAt } from "../../rotation/gate/gate";
import { gatedState } from "../../rotation/waiting";
import { spell } from "../words";

/** One thing that has happened, or that is to come. */
export interface Station {
  readonly name: string;
  /** When it happened; where it is to come, when that is expected. Null where that is unknown. */
  readonly at: Instant | null;
  readonly done: boolean;
  /** What is between it and the station before. */
  readonly before: string;
  /** The account is on its way to this one now. */
  readonly next: boolean;
  /** The apps decide when it happens. */
  readonly gate: boolean;
}

export interface Timeline {
  readonly title: string;
  readonly stations: readonly Station[];
}

export type ShownEvent = HistoryBody["events"][number];

interface Stop {
  readonly name: string;
  readonly done: boolean;
  readonly at: Instant | null;
  readonly gate?: boolean;
}

/** When a thing of this kind happened in a rotation; null where the events that are shown do not say it. */
const timeOf = (events: readonly ShownEvent[], id: string, kind: EventKind): Instant | null =>
  events.find(({ event, rotationId }) => event === kind && rotationId === id)?.at ?? null;

/** The present rotation, or the last one; else the adoption. */
export const timelineOf = (
  record: RotationRecord | null,
  config: AccountConfig,
  events: readonly ShownEvent[],
  now: Instant,
): Timeline | null => {
  if (record === null) return null;
  const { state, lastRotation } = record;
  const rotation = rotationOf(state);
  if (rotation !== null)
    return timeline("This rotation", underWay(state, rotation, events, config), toCome("Completed"), now);
  if (state.phase === "adopting")
    return timeline("The adoption", adoption(state, record.phaseClock.since), toCome("Idle"), now);
  const due = toCome("Next rotation", nextDueAt(record, config));
  return lastRotation === null
    ? timeline("The next rotation", [{ name: "Adopted", done: true, at: record.phaseClock.since }], due, now)
    : timeline("The last rotation", past(lastRotation, events), due, now);
};

const toCome = (name: string, at: Instant | null = null): Stop => ({ name, done: false, at });

const underWay = (
  state: State,
  { id, startedAt, target }: Rotation,
  events: readonly ShownEvent[],
  config: AccountConfig,
): readonly Stop[] => {
  const { phase } = state;
  const published = phase !== "started" && phase !== "regenerated";
  const retired = phase === "retired" || phase === "settling";
  const gated = gatedState(state);
  const deadline = gated === null ? null : retireAt(gated);
  const made = "regeneratedAt" in state ? state.regeneratedAt : timeOf(events, id, "KeyRegenerated");
  const settles = config.settleOn === "primary" && target === "secondary";
  const publishedAt = phase === "settling" ? timeOf(events, id, "KeyPublished") : (state.active?.publishedAt ?? null);
  const retiredAt = "retiredAt" in state ? state.retiredAt : timeOf(events, id, "KeyRetired");
  return [
    { name: "Started", done: true, at: startedAt },
    { name: "New key made", done: phase !== "started", at: made },
    { name: "New key published", done: published, at: published ? publishedAt : null },
    { name: "Old key retired", done: retired, at: retired ? retiredAt : deadline, gate: true },
    ...(settles ? [{ name: "Back on the primary key", done: false, at: null, gate: true }] : []),
  ];
};

const past = ({ id, outcome, startedAt, endedAt }: LastRotation, events: readonly ShownEvent[]): readonly Stop[] => {
  const stops = [
    { name: "Started", done: true, at: startedAt },
    { name: "New key made", done: true, at: timeOf(events, id, "KeyRegenerated") },
    { name: "New key published", done: true, at: timeOf(events, id, "KeyPublished") },
    { name: "Old key retired", done: true, at: timeOf(events, id, "KeyRetired"), gate: true },
  ];
  const ends = { completed: "Completed", rolledBack: "Rolled back", superseded: "Superseded" } as const;
  // A rotation that did not complete has not passed every station.
  const passed = outcome === "completed" ? stops : stops.filter(({ at }) => at !== null);
  return [...passed, { name: ends[outcome], done: true, at: endedAt }];
};

const adoption = (state: Extract<State, { phase: "adopting" }>, since: Instant): readonly Stop[] => [
  { name: "Found", done: true, at: since },
  { name: "Key published", done: state.active !== null, at: state.active?.publishedAt ?? null },
  { name: "Confirmed by every app", done: false, at: null, gate: true },
];

const timeline = (title: string, stops: readonly Stop[], last: Stop, now: Instant): Timeline => {
  const all = [...stops, last];
  const next = all.findIndex(({ done }) => !done);
  return {
    title,
    stations: all.map((stop, index) => {
      const before = all[index - 1];
      return {
        name: stop.name,
        at: stop.at,
        done: stop.done,
        gate: stop.gate ?? false,
        next: index === next,
        before: before === undefined ? "" : between(before, stop, index === next, now),
      };
    }),
  };
};

/** How long it took, or has taken so far. */
const between = (from: Stop, to: Stop, isNext: boolean, now: Instant): string => {
  if (from.at === null || !from.done) return "";
  if (to.done) return to.at === null ? "" : spell(Math.max(0, msBetween(from.at, to.at)));
  return isNext ? `${spell(Math.max(0, msBetween(from.at, now)))} so far` : "";
};
