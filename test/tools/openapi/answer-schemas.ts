import * as z from "zod";
import type { FleetStop } from "../../../lib/operations/status/fleet-view";
import type { HistoryBody, VerifiedHistory } from "../../../lib/history/read-history";
import type { RotationEvidence } from "../../../lib/history/rotation-report";
import type { ReadersBody } from "../../../lib/operations/status/account-readers";
import type { CheckedAccount } from "../../../lib/operations/check/check-account";
import type { Coverage } from "../../../lib/operations/status/coverage";
import type { DiscoveryProblemBody } from "../../../lib/operations/check/discovery-problems";
import type { OrphanedRecord } from "../../../lib/operations/alarms/orphaned-records";
import { alarmKinds, informationKinds } from "../../../lib/rotation/events/events";
import type { SignalAnswer } from "../../../lib/signals/receive-signal";
import { instant, listedStatus, phase, resourceId, secret, waiting } from "./status-schemas";

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    reason: z.string().meta({ description: "A constant that programs may compare." }),
    problems: z
      .array(
        z.object({
          at: z.string().meta({ description: "A JSON pointer, or the name of a header, parameter or setting." }),
          problem: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: "Problem", description: "Why a request was refused (RFC 9457)." });

const orphanedRecord: z.ZodType<OrphanedRecord> = z
  .object({
    account: z.string(),
    resourceId: resourceId.nullable(),
    secret: secret.nullable(),
    phase: phase.nullable(),
    rotationId: z.string().nullable(),
    retireAfterPending: z.boolean().nullable(),
    detail: z.string(),
  })
  .meta({ id: "OrphanedRecord", description: "A stored record that no configured account owns." });

const discoveryProblem: z.ZodType<DiscoveryProblemBody> = z
  .object({
    account: z.string(),
    resourceId,
    reason: z.enum(["TagInvalid", "NameTaken", "SecretShared", "TagRemoved", "AccountGone"]),
    detail: z.string(),
    since: instant,
  })
  .meta({ id: "DiscoveryProblem" });

const fleetStopped: z.ZodType<FleetStop> = z
  .object({ since: instant.nullable(), until: instant.nullable(), detail: z.string() })
  .meta({ id: "FleetStopped", description: "Why no scheduled rotation starts." });

export const accountList = z
  .object({
    accounts: z.array(listedStatus),
    orphanedRecords: z.array(orphanedRecord),
    discoveryProblems: z.array(discoveryProblem),
    fleetStopped: fleetStopped.nullable(),
    checkedAt: instant,
  })
  .meta({ id: "AccountList" });

export const signalAnswer: z.ZodType<SignalAnswer> = z
  .object({ account: z.string(), accepted: z.boolean(), waitingFor: waiting.nullable() })
  .meta({ id: "SignalAnswer" });

const anyJson = z.unknown();
const eventKind = z.enum([...alarmKinds, ...informationKinds]);
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- any JSON: what shows that an event is so
const evidence = z.record(z.string(), anyJson).nullable() as z.ZodType<HistoryBody["events"][number]["evidence"]>;

const shownEvent = {
  id: z.string(),
  at: instant,
  event: eventKind,
  by: z.string(),
  reason: z.string().nullable(),
  detail: z.string(),
  evidence,
};

export const historyPage: z.ZodType<HistoryBody> = z
  .object({
    events: z.array(
      z.object({ ...shownEvent, rotationId: z.string().nullable(), kind: z.string().nullable().exactOptional() }),
    ),
    next: z.string().nullable().meta({ description: "The `before` of the next page; null at the end." }),
    unreadable: z.array(z.object({ sequence: z.int().nullable(), problem: z.string() })).exactOptional(),
  })
  .meta({ id: "HistoryPage", description: "Events, newest first." });

export const verifiedHistory: z.ZodType<VerifiedHistory> = z
  .object({
    account: z.string(),
    intact: z.boolean(),
    events: z.int(),
    problems: z.array(z.object({ sequence: z.int().nullable(), id: z.string().nullable(), problem: z.string() })),
  })
  .meta({ id: "VerifiedHistory" });

export const rotationEvidence: z.ZodType<RotationEvidence> = z
  .object({
    account: z.string(),
    resourceId: z.string().nullable(),
    secret: z.string().nullable(),
    rotationId: z.string(),
    outcome: z.enum(["underWay", "completed", "rolledBack", "superseded"]),
    startedAt: instant,
    endedAt: instant.nullable(),
    startedBy: z.string(),
    reason: z.string(),
    newKey: z.object({
      madeAt: instant.nullable(),
      publishedAt: instant.nullable(),
      provenBy: z.string().nullable(),
      notProven: z.string().nullable(),
      evidence,
    }),
    oldKey: z.object({
      retiredAt: instant.nullable(),
      provenDeadAt: instant.nullable(),
      provenDeadBy: z.string().nullable(),
      notProven: z.string().nullable(),
      evidence,
    }),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as they stand in the evidence of KeyRetired
    confirmations: anyJson as z.ZodType<RotationEvidence["confirmations"]>,
    confirmedInstances: z.int(),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as they stand in the evidence of KeyRetired
    readers: anyJson as z.ZodType<RotationEvidence["readers"]>,
    overrides: z.array(z.object({ at: instant, by: z.string(), event: eventKind, detail: z.string() })),
    requestIds: z.array(z.object({ event: eventKind, requestId: z.string() })),
    events: z.array(z.object(shownEvent)),
  })
  .meta({ id: "RotationEvidence", description: "One rotation, for an audit." });

export const checkedAccount: z.ZodType<CheckedAccount> = z
  .object({
    account: z.string(),
    checks: z.array(
      z.object({
        check: z.string(),
        ok: z
          .boolean()
          .nullable()
          .meta({ description: "null: could not be tested without a change, or could be safer." }),
        detail: z.string(),
        remedy: z.string().nullable(),
      }),
    ),
    next: z.string().meta({ description: "What the next run of the timer would do." }),
  })
  .meta({ id: "CheckedAccount" });

export const coverage: z.ZodType<Coverage> = z
  .object({
    unprotected: z.array(
      z.object({
        resourceId,
        name: z.string(),
        reason: z.enum(["NotTagged", "TagRemoved", "TagInvalid", "NameTaken", "SecretShared"]),
      }),
    ),
    switchable: z.array(z.object({ account: z.string(), resourceId, since: instant })),
    checkedAt: instant.nullable(),
  })
  .meta({ id: "Coverage" });

export const accountReaders: z.ZodType<ReadersBody> = z
  .object({
    readers: z.array(
      z.object({
        identity: z.string().meta({ description: "Object id; `unknown` where the log names none." }),
        resource: z.string().nullable().meta({ description: "The resource of a managed identity." }),
        version: z.string().nullable().meta({ description: "Null where the log does not name it." }),
        firstAt: instant,
        lastAt: instant,
        reads: z.int(),
        address: z.string().nullable(),
        client: z.string().nullable(),
        consumer: z.string().nullable().meta({ description: "The configured consumer with this identity." }),
      }),
    ),
    through: instant.nullable().meta({ description: "Reads up to then are known." }),
    askedAt: instant.nullable().meta({ description: "When the log was asked last: at most every 15 minutes." }),
    omitted: z.int().meta({ description: "How many more there are, at least." }),
    incomplete: z.string().nullable().meta({ description: "Why the log's answer was not whole." }),
    problem: z.string().nullable().meta({ description: "Why the log has not answered when it was asked last." }),
  })
  .meta({ id: "Readers", description: "Who has read which version of the secret, by the vault's audit log." });

export const fleetResumed = z.object({ stopped: z.literal(false) }).meta({ id: "FleetResumed" });
