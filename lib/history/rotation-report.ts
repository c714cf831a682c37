import type { App } from "../app";
import { allEvents } from "./read-history";
import type { AccountConfig } from "../rotation/account-config";
import type { EventKind, Evidence, RotationEvent } from "../rotation/events/events";
import type { Instant } from "../rotation/time/time";

/** As they stand in the evidence of `KeyRetired`. */
type Confirmations = Evidence[string];

/** One rotation, for an audit: only what its events say, nothing from the configuration. */
export interface RotationEvidence {
  readonly account: string;
  /** The Batch account and the secret when it started. */
  readonly resourceId: string | null;
  readonly secret: string | null;
  readonly rotationId: string;
  readonly outcome: "underWay" | "completed" | "rolledBack" | "superseded";
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  readonly startedBy: string;
  readonly reason: string;
  /** When the new key was made and published, and what had proven by then that it works. */
  readonly newKey: {
    readonly madeAt: Instant | null;
    readonly publishedAt: Instant | null;
    readonly provenBy: string | null;
    /** Why there is no proof; null where there is one, or may still be. */
    readonly notProven: string | null;
    readonly evidence: Evidence | null;
  };
  /** When the old key was regenerated, and when and by what it was proven dead. */
  readonly oldKey: {
    readonly retiredAt: Instant | null;
    readonly provenDeadAt: Instant | null;
    readonly provenDeadBy: string | null;
    /** As above. */
    readonly notProven: string | null;
    readonly evidence: Evidence | null;
  };
  /** Who confirmed the new key before the old one was retired, with what. */
  readonly confirmations: Confirmations;
  /** How many they were; a hundred of them are named. */
  readonly confirmedInstances: number;
  /** Who had read which version of the secret by then, by the vault's audit log; null where it was not asked. */
  readonly readers: Confirmations | null;
  /** Every decision of a person, and every gate that opened in spite of a check. */
  readonly overrides: readonly {
    readonly at: Instant;
    readonly by: string;
    readonly event: EventKind;
    readonly detail: string;
  }[];
  /** Ids of the requests that changed something, for the services' own logs. */
  readonly requestIds: readonly { readonly event: EventKind; readonly requestId: string }[];
  readonly events: readonly Pick<RotationEvent, "id" | "at" | "event" | "by" | "reason" | "detail" | "evidence">[];
}

/** Null where the history holds no start of such a rotation. */
export const readEvidence = async (
  app: App,
  config: AccountConfig,
  rotationId: string,
): Promise<RotationEvidence | null> => {
  const events = (await allEvents(app, config)).filter((event) => event.rotationId === rotationId);
  const started = events.find(({ event }) => event === "RotationStarted");
  return started === undefined ? null : evidenceOf(config, started, events);
};

const evidenceOf = (
  config: AccountConfig,
  started: RotationEvent,
  events: readonly RotationEvent[],
): RotationEvidence => {
  const retired = events.find(({ event }) => event === "KeyRetired") ?? null;
  const end = events.find(({ event }) => ends.has(event)) ?? null;
  return {
    account: config.name,
    resourceId: textIn(started, "resourceId"),
    secret: textIn(started, "secret"),
    rotationId: started.rotationId ?? "",
    outcome: outcomeOf(end),
    startedAt: started.at,
    endedAt: end?.at ?? null,
    startedBy: textIn(started, "askedBy") ?? started.by,
    reason: started.detail,
    newKey: newKeyOf(events),
    oldKey: oldKeyOf(events, retired, end),
    confirmations: retired?.evidence?.["confirmations"] ?? [],
    confirmedInstances: Number(retired?.evidence?.["confirmedInstances"] ?? 0),
    readers: retired?.evidence?.["readers"] ?? null,
    overrides: events.filter(isOverride).map(({ at, by, event, detail }) => ({ at, by, event, detail })),
    requestIds: events.flatMap((each) => {
      const requestId = textIn(each, "requestId");
      return requestId === null ? [] : [{ event: each.event, requestId }];
    }),
    events: events.map(({ id, at, event, by, reason, detail, evidence }) => ({
      id,
      at,
      event,
      by,
      reason,
      detail,
      evidence,
    })),
  };
};

const ends: ReadonlySet<EventKind> = new Set<EventKind>([
  "RotationCompleted",
  "RotationRolledBack",
  "RotationSuperseded",
]);

/** A text of an event's evidence; null where there is none. */
const textIn = (event: RotationEvent | null, member: string): string | null => {
  const found = event?.evidence?.[member];
  return typeof found === "string" ? found : null;
};

const newKeyOf = (events: readonly RotationEvent[]): RotationEvidence["newKey"] => {
  const made = events.find(({ event }) => event === "KeyRegenerated") ?? null;
  // The other key may be published in a rotation as well: when drift is repaired, it is rolled back, or it settles.
  const published =
    events.find(({ event, evidence }) => event === "KeyPublished" && isOfSlot(evidence, made?.evidence?.["slot"])) ??
    null;
  return {
    madeAt: made?.at ?? null,
    publishedAt: published?.at ?? null,
    provenBy: textIn(published, "provenBy"),
    notProven: textIn(published, "notProven"),
    evidence: published?.evidence ?? null,
  };
};

const oldKeyOf = (
  events: readonly RotationEvent[],
  retired: RotationEvent | null,
  end: RotationEvent | null,
): RotationEvidence["oldKey"] => {
  const said = events.find(({ event }) => event === "SettlingStarted" || event === "RotationCompleted") ?? null;
  const provenDeadBy = textIn(said, "provenDeadBy");
  const endedBefore = end === null ? null : "the rotation ended before the old key was proven dead";
  return {
    retiredAt: retired?.at ?? null,
    provenDeadAt: textIn(said, "provenDeadAt"),
    provenDeadBy,
    notProven: provenDeadBy === null ? (textIn(said, "notProvenDead") ?? endedBefore) : null,
    evidence: said?.evidence ?? null,
  };
};

const isOfSlot = (evidence: Evidence | null, slot: Confirmations | undefined): boolean =>
  slot !== undefined && evidence?.["slot"] === slot;

const isOverride = ({ event, evidence }: RotationEvent): boolean =>
  ["Approved", "Paused", "Resumed", "RotationRolledBack"].includes(event) || typeof evidence?.["override"] === "string";

const outcomeOf = (end: RotationEvent | null): RotationEvidence["outcome"] => {
  if (end === null) return "underWay";
  if (end.event === "RotationCompleted") return "completed";
  return end.event === "RotationRolledBack" ? "rolledBack" : "superseded";
};
