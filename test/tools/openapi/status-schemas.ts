import * as z from "zod";
import type { ConsumerBody } from "../../../lib/operations/status/consumer-body";
import type { RotationBody } from "../../../lib/operations/status/rotation-body";
import type { StatusBody } from "../../../lib/operations/status/status";
import { grades } from "../../../lib/rotation/gate/grades";
import { type Phase, phaseFacts } from "../../../lib/rotation/phases";
import {
  type BlockedReason,
  blockedReasons,
  consumerReasons,
  type WaitingReason,
  waitingReasons,
} from "../../../lib/rotation/reasons";

/*
 * The forms of answers. Each is typed with what the app returns: a member that is added there does not compile until it
 * is described here.
 */

export const instant = z.iso
  .datetime()
  .meta({ description: "An instant in UTC.", examples: ["2026-11-22T10:00:00.000Z"] });
export const durationText = z.string().meta({ description: "An ISO 8601 duration.", examples: ["PT15M"] });
export const resourceId = z.string().meta({ description: "The resource id of the Batch account." });

const named = <T extends string>(names: Readonly<Record<T, unknown>>, description: string) =>
  z.enum(Object.keys(names).filter((name): name is T => Object.hasOwn(names, name))).meta({ description });

export const phase = named<Phase>(phaseFacts, "What is already true of the account.");
const slot = z.enum(["primary", "secondary"]);

export const waiting = z
  .object({
    reason: named<WaitingReason>(waitingReasons, "Why nothing happens now."),
    detail: z.string().meta({ description: "The reason as a sentence, with names and times." }),
    since: instant,
  })
  .meta({ id: "Waiting", description: "What an account waits for." });

export const secret: z.ZodType<StatusBody["secret"]> = z
  .object({ vaultUrl: z.string(), name: z.string(), version: z.string().nullable() })
  .meta({ id: "Secret", description: "Where apps read the key, and the version that they should run on." });

const blocked: z.ZodType<NonNullable<StatusBody["blocked"]>> = z
  .object({
    reason: named<BlockedReason>(blockedReasons, "What lasts until a person acts."),
    remedy: z.string().meta({ description: "What to do, with the command." }),
    since: instant,
    attempts: z.int(),
    nextAttemptAt: instant,
  })
  .meta({ id: "Blocked" });

const rotation: z.ZodType<RotationBody> = z
  .object({
    id: z.string(),
    trigger: z.string(),
    reason: z.string(),
    target: slot,
    previous: slot,
    startedAt: instant,
    publishedAt: instant.nullable(),
    secretVersion: z.string().nullable(),
    retireAfter: durationText.nullable(),
    retireAt: instant.nullable(),
  })
  .meta({ id: "Rotation", description: "The rotation under way." });

const lastRotation: z.ZodType<NonNullable<StatusBody["lastRotation"]>> = z
  .object({
    id: z.string(),
    outcome: z.enum(["completed", "rolledBack", "superseded"]),
    startedAt: instant,
    endedAt: instant,
  })
  .meta({ id: "LastRotation" });

const consumer: z.ZodType<ConsumerBody> = z
  .object({
    name: z.string(),
    state: z.enum(["Good", ...consumerReasons]),
    evidence: z.enum(grades).nullable().meta({ description: "The weakest grade that Good rests on; null otherwise." }),
    instances: z.array(
      z.object({
        id: z.string(),
        at: instant,
        secretVersion: z.string(),
        healthy: z.boolean(),
        proven: z.boolean(),
      }),
    ),
  })
  .meta({ id: "Consumer", description: "An app, and what its instances have reported." });

const listed = {
  account: z.string(),
  resourceId,
  secret,
  phase: phase.nullable(),
  waitingFor: waiting.nullable(),
  blocked: blocked.nullable(),
  stalled: z.boolean().meta({ description: "Longer in its phase than stalledAfter allows." }),
  overdue: z.boolean().meta({ description: "Due, and it should have started by now." }),
  paused: z.boolean(),
  activeSlot: slot.nullable(),
  rotation: rotation.nullable(),
  lastRotation: lastRotation.nullable(),
  nextDueAt: instant.nullable(),
  keysUnusedSince: instant.nullable().meta({
    description:
      "Nothing is known to have used the keys since then, 30 days or more: they could perhaps be switched off.",
  }),
};

export const listedStatus: z.ZodType<Omit<StatusBody, "consumers">> = z
  .object(listed)
  .meta({ id: "ListedStatus", description: "The status of one account in the list." });

export const status: z.ZodType<StatusBody> = z
  .object({ ...listed, consumers: z.array(consumer) })
  .meta({ id: "Status", description: "The status of one account. Every member is always present." });
