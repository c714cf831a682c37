import { configurationHash } from "../../lib/rotation/configuration-hash";
import { firstRecord } from "../../lib/rotation/first-record";
import { type EventContext } from "../../lib/rotation/events/outbox";
import type {
  Claim,
  Delivery,
  DrivingConfiguration,
  Failure,
  LastRotation,
  Pause,
  Quarantine,
  RotationRecord,
} from "../../lib/rotation/record";
import { sha256 } from "../../lib/hash";
import { anAccount } from "./account";
import { idle } from "./state";
import { at, when } from "./time";

/** The record of `anAccount()`: idle on the primary key since the 20th, without claim, failure or pause. */
export const aRecord = (changes: RecordChanges = {}): RotationRecord => {
  const first = firstRecord(anAccount(), when("10:00", 20));
  const seen = { accountEndpoint: "renderweu.westeurope.batch.azure.com", state: idle(), reconciledAt: at("09:00") };
  return changed({ ...first, ...seen, configuration: aDrivingConfiguration() }, changes);
};

/** That of `anAccount()`. */
export const aDrivingConfiguration = (changes: Partial<DrivingConfiguration> = {}): DrivingConfiguration => ({
  hash: configurationHash(anAccount()),
  loadedAt: anAccount().loadedAt,
  replaced: [],
  taggedAt: null,
  olderSince: null,
  olderSeen: null,
  ...changes,
});

/** A newer one than `anAccount()`, which has waited since 10:00 for a day at most. */
export const aNewerConfiguration = (): DrivingConfiguration =>
  aDrivingConfiguration({
    hash: "0123456789abcdef",
    loadedAt: at("09:00"),
    replaced: [configurationHash(anAccount())],
    olderSince: at("10:00"),
    olderSeen: { since: at("10:00"), lastAt: at("10:00") },
  });

export const changed = (record: RotationRecord, changes: RecordChanges): RotationRecord => ({
  ...record,
  ...changes,
  phaseClock: { ...record.phaseClock, ...changes.phaseClock },
  chain: { ...record.chain, ...changes.chain },
  publishing: { ...record.publishing, ...changes.publishing },
});

type Groups = "phaseClock" | "chain" | "publishing";
/** Changes of a record; of a group, only the members that matter to the test. */
export type RecordChanges = Partial<Omit<RotationRecord, Groups>> & {
  readonly [G in Groups]?: Partial<RotationRecord[G]>;
};

export const aClaim = (changes: Partial<Claim> = {}): Claim => ({
  id: "01JDF0000000000000000CLAIM",
  by: "schedule",
  takenAt: at("10:00"),
  until: at("10:06"),
  intent: null,
  ...changes,
});

export const aQuarantine = (changes: Partial<Quarantine> = {}): Quarantine => ({
  slot: "secondary",
  since: at("10:00"),
  until: at("10:05"),
  ...changes,
});

export const aPause = (changes: Partial<Pause> = {}): Pause => ({
  since: at("10:00"),
  by: "operator:ada",
  reason: "a release is under way",
  ...changes,
});

export const aFailure = (changes: Partial<Failure> = {}): Failure => ({
  blocked: null,
  detail: "Batch regenerateKeys, status 429: not done, tried again later",
  since: at("10:00"),
  attempts: 1,
  nextAttemptAt: at("10:00"),
  ...changes,
});

export const aLastRotation = (changes: Partial<LastRotation> = {}): LastRotation => ({
  id: "01JDF00000000000000000LAST",
  outcome: "completed",
  startedAt: at("09:00", 20),
  endedAt: at("10:30", 20),
  reason: "due since 2026-11-20T09:00:00.000Z",
  retireAfterMs: null,
  idempotencyKey: null,
  ...changes,
});

/** A context that writes events `event-1`, `event-2`, … at `time`, by the schedule by default. */
export const anEventContext = (time: string, by = "schedule"): EventContext => {
  let written = 0;
  return {
    now: when(time),
    by,
    nextId: () => {
      written += 1;
      return `event-${written}`;
    },
    hash: sha256,
  };
};

export const aDelivery = (changes: Partial<Delivery> = {}): Delivery => ({
  event: {
    id: "01JDF0000000000000000EVENT",
    sequence: 1,
    at: at("10:00"),
    event: "RotationOverdue",
    account: "render-weu",
    rotationId: null,
    reason: null,
    detail: "due and not started",
    by: "schedule",
    evidence: null,
    previousHash: null,
  },
  attempts: 1,
  nextAttemptAt: at("10:05"),
  giveUpAt: at("10:00", 25),
  ...changes,
});
