import type { App } from "../app";
import { allEvents } from "./read-history";
import type { AccountConfig } from "../rotation/account-config";
import type { EventKind, Evidence, RotationEvent } from "../rotation/events/events";
import type { Instant } from "../rotation/time/time";

/** As they stand in the evidence of `KeyRetired`. */
export type Confirmations = Evidence[string];

/** One rotation, for an audit. */
export interface RotationEvidence {
  readonly account: string;
  readonly resourceId: string;
  readonly rotationId: string;
  readonly outcome: "underWay" | "completed" | "rolledBack" | "superseded";
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  readonly startedBy: string;
  readonly reason: string;
  /** When the new key was made, and when it had been proven by a signed call and was published. */
  readonly newKey: {
    readonly madeAt: Instant | null;
    readonly publishedAt: Instant | null;
    readonly evidence: Evidence | null;
  };
  /** When the old key was regenerated, and when it had been proven dead. */
  readonly oldKey: {
    readonly retiredAt: Instant | null;
    readonly provenDeadAt: Instant | null;
    readonly evidence: Evidence | null;
  };
  /** Who confirmed the new key before the old one was retired, with what. */
  readonly confirmations: Confirmations;
  /** How many they were; a hundred of them are named. */
  readonly confirmedInstances: number;
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
  const first = (...kinds: readonly EventKind[]) => events.find(({ event }) => kinds.includes(event)) ?? null;
  const askedBy = started.evidence?.["askedBy"];
  const [made, retired] = [first("KeyRegenerated"), first("KeyRetired")];
  // The other key may be published in a rotation as well: when drift is repaired, it is rolled back, or it settles.
  const published =
    events.find(({ event, evidence }) => event === "KeyPublished" && isOfSlot(evidence, made?.evidence?.["slot"])) ??
    null;
  const dead = first("SettlingStarted", "RotationCompleted");
  const end = first("RotationCompleted", "RotationRolledBack", "RotationSuperseded");
  return {
    account: config.name,
    resourceId: config.batch.resourceId,
    rotationId: started.rotationId ?? "",
    outcome: outcomeOf(end),
    startedAt: started.at,
    endedAt: end?.at ?? null,
    startedBy: typeof askedBy === "string" ? askedBy : started.by,
    reason: started.detail,
    newKey: { madeAt: made?.at ?? null, publishedAt: published?.at ?? null, evidence: published?.evidence ?? null },
    oldKey: {
      retiredAt: retired?.at ?? null,
      provenDeadAt: dead?.at ?? null,
      evidence: dead?.evidence ?? null,
    },
    confirmations: retired?.evidence?.["confirmations"] ?? [],
    confirmedInstances: Number(retired?.evidence?.["confirmedInstances"] ?? 0),
    overrides: events.filter(isOverride).map(({ at, by, event, detail }) => ({ at, by, event, detail })),
    requestIds: events.flatMap(({ event, evidence }) => {
      const requestId = evidence?.["requestId"];
      return typeof requestId === "string" ? [{ event, requestId }] : [];
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

const isOfSlot = (evidence: Evidence | null, slot: Confirmations | undefined): boolean =>
  slot !== undefined && evidence?.["slot"] === slot;

const isOverride = ({ event, evidence }: RotationEvent): boolean =>
  ["Approved", "Paused", "Resumed", "RotationRolledBack"].includes(event) || typeof evidence?.["override"] === "string";

const outcomeOf = (end: RotationEvent | null): RotationEvidence["outcome"] => {
  if (end === null) return "underWay";
  if (end.event === "RotationCompleted") return "completed";
  return end.event === "RotationRolledBack" ? "rolledBack" : "superseded";
};
