import * as z from "zod";
import { alarmKinds, informationKinds } from "../../../rotation/events/events";
import type { Notice } from "../../../rotation/events/notice";
import type { FleetState } from "../../../rotation/fleet/fleet-state";
import { noKeyEvents } from "../../../rotation/key-events";
import { nothingNoted } from "../../../rotation/noted";
import { otherSlot } from "../../../rotation/phases";
import { type BlockedReason, blockedReasons } from "../../../rotation/reasons";
import type { RotationRecord } from "../../../rotation/record";

/** The number of the form below. A record with another number was written by another version of this app. */
export const recordSchemaVersion = 1;

export const instant = z.iso.datetime({ precision: 3 });
const slot = z.enum(["primary", "secondary"]);
const text = z.string().min(1);
const count = z.int().min(0);

const published = z.strictObject({ slot, version: text, publishedAt: instant, createdAt: instant, keyMadeAt: instant });

const demand = z.strictObject({
  trigger: z.enum(["schedule", "demand"]),
  reason: z.string(),
  by: text,
  retireAfterMs: count.nullable(),
  idempotencyKey: z.string().nullable(),
});

const rotation = demand
  .extend({ id: text, target: slot, previous: slot, startedAt: instant })
  .refine(({ target, previous }) => previous === otherSlot(target), "target and previous are the same slot");

const approval = z.strictObject({ at: instant, by: text, reason: z.string() }).nullable();

const deathProof = z.strictObject({ by: z.enum(["signedCall", "comparison"]), at: instant });

/**
 * In a rotation the active slot follows from the phase. A row that says otherwise would have the key in use
 * regenerated.
 */
const activeIs = (which: "target" | "previous") =>
  [
    (state: { active: z.output<typeof published>; rotation: z.output<typeof rotation> }): boolean =>
      state.active.slot === state.rotation[which],
    `the active slot is not the ${which} slot of the rotation`,
  ] as const;

const state = z.discriminatedUnion("phase", [
  z.strictObject({ phase: z.literal("adopting"), active: published.nullable(), approval }),
  z.strictObject({ phase: z.literal("idle"), active: published }),
  z.strictObject({ phase: z.literal("started"), active: published, rotation }).refine(...activeIs("previous")),
  z
    .strictObject({ phase: z.literal("regenerated"), active: published, rotation, regeneratedAt: instant })
    .refine(...activeIs("previous")),
  z
    .strictObject({
      phase: z.literal("published"),
      active: published,
      rotation,
      previousVersion: text,
      previousKeyMadeAt: instant,
      approval,
    })
    .refine(...activeIs("target")),
  z
    .strictObject({
      phase: z.literal("retired"),
      active: published,
      rotation,
      previousVersion: text,
      retiredAt: instant,
      proof: deathProof.nullable(),
    })
    .refine(...activeIs("target")),
  z.strictObject({
    phase: z.literal("settling"),
    active: published,
    rotation,
    proof: deathProof.nullable(),
    approval,
  }),
]);

const intent = z.strictObject({ slot, at: instant });
const claim = z.strictObject({ id: text, by: text, takenAt: instant, until: instant, intent: intent.nullable() });
const quarantine = z.strictObject({ slot: slot.nullable(), since: instant, until: instant });
const pause = z.strictObject({ since: instant, by: text, reason: z.string() });

const blockedReason = z.custom<BlockedReason>(
  (value) => typeof value === "string" && Object.hasOwn(blockedReasons, value),
  "is no known reason",
);

const failure = z.strictObject({
  blocked: z.strictObject({ reason: blockedReason, remedy: z.string() }).nullable(),
  detail: z.string(),
  since: instant,
  attempts: count,
  nextAttemptAt: instant,
});

const hold = z.strictObject({
  reason: z.enum(["NewKeyNotAcceptedYet", "OldKeyStillAccepted", "TargetKeyRefused", "KeyListStale"]),
  detail: z.string(),
  since: instant,
});

const keyOperation = z.strictObject({
  id: text,
  at: instant,
  identity: text,
  name: z.string().nullable(),
  role: z.string().nullable(),
  address: z.string().nullable(),
});

const keyEvents = z.strictObject({
  lookSince: instant.nullable(),
  looks: z.array(instant).readonly(),
  regenerations: z.array(keyOperation).readonly(),
  listings: z.array(z.strictObject({ identity: text, at: instant })).readonly(),
});

const lastRotation = z.strictObject({
  id: text,
  outcome: z.enum(["completed", "rolledBack", "superseded"]),
  startedAt: instant,
  endedAt: instant,
  reason: z.string(),
  retireAfterMs: count.nullable(),
  idempotencyKey: z.string().nullable(),
});

const announcement = z.strictObject({
  id: text,
  at: instant,
  event: z.enum([...alarmKinds, ...informationKinds]),
  account: text.nullable(),
  rotationId: z.string().nullable(),
  reason: z.string().nullable(),
  detail: z.string(),
  by: text,
});

export const eventSchema = announcement.extend({
  account: text,
  sequence: z.int().min(1),
  evidence: z.record(z.string(), z.json()).nullable(),
  previousHash: z.string().nullable(),
});

const alarm = z.strictObject({
  kind: z.enum(alarmKinds),
  since: instant,
  lastNotifiedAt: instant,
  about: z.array(text).readonly().exactOptional(),
});
const tries = { attempts: count, nextAttemptAt: instant, giveUpAt: instant };
const delivery = z.strictObject({ event: eventSchema, ...tries });

/** The stored form of a `RotationRecord`: nothing missing, nothing unknown. */
export const recordSchema = z.strictObject({
  account: text,
  resourceId: text,
  secret: z.strictObject({ vaultUrl: text, name: text }),
  accountEndpoint: text.nullable(),
  state,
  phaseClock: z.strictObject({ since: instant, pausedSince: instant.nullable(), pausedMs: z.number().min(0) }),
  pause: pause.nullable(),
  rollback: pause.nullable(),
  claim: claim.nullable(),
  quarantine: quarantine.nullable(),
  failure: failure.nullable(),
  hold: hold.nullable(),
  searched: z
    .strictObject({
      version: text,
      at: instant,
      foundSince: instant.nullable(),
      detail: z.string(),
      incomplete: z.string().nullable(),
    })
    .nullable()
    .default(null),
  contest: z.strictObject({ by: text, since: instant }).nullable(),
  configuration: z
    .strictObject({
      hash: text,
      loadedAt: instant,
      taggedAt: instant.nullable().default(null),
      replaced: z.array(text).readonly(),
      olderSince: instant.nullable(),
      olderSeen: z.strictObject({ since: instant, lastAt: instant }).nullable(),
    })
    .nullable(),
  reconciledAt: instant.nullable(),
  keyEvents: keyEvents.default(noKeyEvents),
  readAtOnce: text.nullable().default(null),
  noted: z
    .strictObject({ readers: z.boolean(), version: text.nullable(), refreshed: z.array(text).readonly() })
    .default(nothingNoted),
  dueAgainAt: instant.nullable(),
  restart: demand.nullable(),
  lastRotation: lastRotation.nullable(),
  chain: z.strictObject({ sequence: count, hash: z.string().nullable(), prunedThrough: count }),
  publishing: z.strictObject({
    outbox: z.array(eventSchema).readonly(),
    announcedThrough: count,
    alarms: z.array(alarm).readonly(),
    deliveries: z.array(delivery).readonly(),
  }),
});

/** The stored form of a `Notice`. */
export const noticeSchema = z.strictObject({
  account: text.nullable(),
  alarms: z.array(alarm).readonly(),
  outbox: z.array(announcement).readonly(),
  deliveries: z.array(z.strictObject({ event: announcement, ...tries })).readonly(),
  pendingHistory: z.array(announcement).readonly(),
  heldUntil: instant.nullable(),
});

/** The stored form of a `FleetState`. */
export const fleetSchema = z.strictObject({
  rotating: z.array(z.strictObject({ account: text, rotationId: text, claimId: z.string(), at: instant })).readonly(),
  failures: z
    .array(
      z.strictObject({
        account: text,
        rotationId: text,
        cause: z.enum(["rolledBack", "blocked", "unhealthy"]),
        at: instant,
      }),
    )
    .readonly(),
  canaries: z.array(z.strictObject({ account: text, completedAt: instant, until: instant })).readonly(),
  heldUntil: instant.nullable(),
  resumed: z.strictObject({ id: text, at: instant, by: text, reason: z.string(), announced: z.boolean() }).nullable(),
  unreadable: z.literal(false).default(false),
});

/** `true` where the two types say the same: anything else does not compile. */
export type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

/** Does not compile when the schema and the record's type no longer say the same. */
export const recordSchemaIsComplete: Same<z.output<typeof recordSchema>, RotationRecord> = true;
export const noticeSchemaIsComplete: Same<z.output<typeof noticeSchema>, Notice> = true;
export const fleetSchemaIsComplete: Same<
  Omit<z.output<typeof fleetSchema>, "unreadable">,
  Omit<FleetState, "unreadable">
> = true;
