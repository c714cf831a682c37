import type { AccountConfig } from "../../lib/rotation/account-config";
import type { OperatorAction } from "../../lib/operations/operate-account";
import type { FleetConfig } from "../../lib/rotation/fleet/fleet-config";
import type { BlockedReason } from "../../lib/rotation/reasons";
import type { Operation, PlacedFault } from "../fakes/world/faults";

export const minute = 60_000;
export const hour = 60 * minute;

/** The slot relative to the newest version of the secret. */
export type Side = "published" | "standby";

/** What people and machines do besides the rotator. */
export type Act =
  | {
      readonly kind: "demand";
      readonly account: number;
      readonly retireAfterMs: number | null;
      readonly repeat: boolean;
    }
  | { readonly kind: "operate"; readonly account: number; readonly action: OperatorAction }
  | { readonly kind: "handRegenerate"; readonly account: number; readonly side: Side }
  | { readonly kind: "handPublish"; readonly account: number; readonly side: Side }
  | { readonly kind: "handForeign"; readonly account: number }
  | { readonly kind: "disableNewest"; readonly account: number; readonly forMs: number }
  | { readonly kind: "disableOld"; readonly account: number }
  | { readonly kind: "pause"; readonly account: number; readonly forMs: number }
  | {
      readonly kind: "reconfigure";
      readonly account: number;
      readonly change: "secret" | "account" | "back" | "gate" | "settleOn" | "probe";
    }
  | {
      readonly kind: "outage";
      readonly operation: Operation;
      readonly reason: BlockedReason | "transient";
      readonly forMs: number;
    }
  | { readonly kind: "sharedKeyOff"; readonly account: number; readonly forMs: number }
  | { readonly kind: "setClock"; readonly process: number; readonly offsetMs: number }
  | { readonly kind: "crash"; readonly process: number }
  | { readonly kind: "redeploy"; readonly process: number }
  | { readonly kind: "forge"; readonly account: number }
  | { readonly kind: "scaleOut"; readonly account: number }
  | { readonly kind: "scaleIn"; readonly account: number }
  | { readonly kind: "restart"; readonly account: number }
  | { readonly kind: "unhealthy"; readonly account: number; readonly forMs: number }
  /** The stored record cannot be read for a while; then a person restores or deletes it. */
  | {
      readonly kind: "damageRecord";
      readonly account: number;
      readonly forMs: number;
      readonly end: "restored" | "deleted";
    }
  /** As soon as the account is at rest: no claim, nothing to deliver. */
  | { readonly kind: "deleteRecord"; readonly account: number }
  /** A copy of the record at rest replaces it after `forMs`, as soon as the account is at rest. */
  | { readonly kind: "setBackRecord"; readonly account: number; readonly forMs: number }

  /** The account is deleted and created again elsewhere, with the same id, other keys and another endpoint. */
  | { readonly kind: "recreate"; readonly account: number; readonly region: string }
  /** Lists of keys answer from up to `byMs` ago. */
  | { readonly kind: "listsBehind"; readonly byMs: number; readonly forMs: number }
  /** The vault is read-only, and shows what it held `lagMs` before. */
  | { readonly kind: "failOver"; readonly lagMs: number; readonly forMs: number }
  /** The columns beside a record, which say when to look at the account, are changed; the record is not. */
  | { readonly kind: "setLook"; readonly account: number; readonly look: WrongLook }
  /** Unsigned unhealthy reports, repeated, of an instance that must sign or of one that does not exist. */
  | { readonly kind: "slander"; readonly account: number; readonly forMs: number; readonly invented: boolean }
  /** A job of the account holds a copy of a key for so long. */
  | { readonly kind: "plantCopy"; readonly account: number; readonly side: Side; readonly forMs: number }
  /** Events of Azure about an account: of others, of the rotator itself, or invented; late and several times. */
  | {
      readonly kind: "azureEvents";
      readonly account: number;
      readonly about: EventTopic;
      readonly times: number;
      readonly withinMs: number;
    };

export type EventTopic = "regenerated" | "listed" | "own" | "otherAccount" | "versionAdded" | "versionExpires";

/** What the columns say then: nothing, no instant, an instant that no tick believes, or one that ticks do believe. */
export type WrongLook = "missing" | "noInstant" | "beyondAllDates" | "hoursAhead";

/** What a history may contain besides the ordinary faults and acts; `conditions.ts` says how often. */
export type ConditionName =
  | "dataPlaneDown"
  | "recreatedElsewhere"
  | "keyListsBehind"
  | "vaultFailedOver"
  | "unprovenUnhealthy"
  | "leakedKeyUnhealthy"
  | "clocksApart"
  | "delayWithSilentApps"
  | "leakedKeyPublishedAgain"
  | "manyForgottenInstances"
  | "recordSetBack"
  | "sharedSecret"
  | "bothKeysReplaced"
  | "previousKeyReplaced"
  | "wrongNextLook"
  | "brokenFleet"
  | "handedOver"
  | "copiesInAccount"
  | "eventsOfOthers"
  | "readersInLog";

export interface PlannedAct {
  /** An instant, or the moment just before a call takes effect. */
  readonly when: number | { readonly operation: Operation; readonly nth: number };
  readonly act: Act;
  /** The condition that it belongs to. */
  readonly condition?: ConditionName;
}

export type VaultAtFirst = "none" | "primary" | "secondary" | "foreign" | "disabled";

export interface AccountPlan {
  readonly config: AccountConfig;
  readonly vault: VaultAtFirst;
  /** The age of the version in the vault at first sight, in milliseconds; null: any. */
  readonly versionAgeMs: number | null;
  /** The maximum time between two reads of the vault by an instance, in milliseconds. */
  readonly cacheMs: number;
  /** Some instances start on a key that was configured manually. */
  readonly manuallyConfigured: boolean;
  readonly past: Past | null;
  /** The number of apps that are not configured as consumers and never report. */
  readonly silentApps: number;
  /** The number of instances that reported once and are forgotten by now. */
  readonly forgottenInstances: number;
  /** Its secret is that of another account, by mistake: no app uses it, and the rotator must leave it alone. */
  readonly isIntruder: boolean;
}

/** The history of an account whose record was deleted before this history begins. */
export interface Past {
  /** The number of events that have been removed from it because of their age. */
  readonly pruned: number;
  /** The number of events that are too old now. */
  readonly old: number;
  readonly recent: number;
}

/** Lines of the audit log arrive late, or never. */
export interface AuditLogPlan {
  readonly delayMs: number;
  readonly lostShare: number;
  /** An identity that is no configured consumer reads the secret too. */
  readonly stranger: boolean;
}

/** Everything that determines one history. */
export interface Plan {
  readonly seed: number;
  /** The seed of all decisions during the run: what happens next and how long it takes. */
  readonly course: number;
  readonly disorder: boolean;
  readonly stormMs: number;
  readonly settleMs: { readonly accept: number; readonly refuse: number };
  readonly accounts: readonly AccountPlan[];
  readonly processes: number;
  /** What holds for all accounts together. */
  readonly fleet: FleetConfig;
  /** Ticks hand every account that they have to look at to the queue. */
  readonly handsOver: boolean;
  /** The vault's audit log is asked; null where no workspace is named. */
  readonly auditLog: AuditLogPlan | null;
  /** During the storm every new key breaks the app that reads it. */
  readonly keysBreakApps: boolean;
  readonly faults: readonly PlacedFault[];
  readonly acts: readonly PlannedAct[];
  readonly conditions: readonly ConditionName[];
  /** Whether everything that leaves the app is searched for keys, which doubles the time. */
  readonly searched: boolean;
}

/** Two clocks differ by at most twice this, and one clock may jump by as much. */
export const maxClockOffsetMs = 45_000;
/**
 * The maximum delay until a request is done. With the difference of two clocks it must be less than the quarantine of
 * 5 minutes.
 */
export const maxOnItsWayMs = 3.4 * minute;
/**
 * The maximum time that a process is frozen: with the difference of two clocks less than a claim and the quarantine.
 * What a process sends that was frozen for longer is a remaining risk, as docs/safety.md says.
 */
export const maxFreezeMs = 9 * minute;
