import type { FleetConfig } from "./fleet/fleet-config";
import type { Grade } from "./gate/grades";
import type { Phase } from "./phases";
import type { DiscoveryReason } from "./reasons";
import type { Instant } from "./time/time";

/** One configured consumer of an account's secret. */
export interface ConsumerConfig {
  readonly name: string;
  /** How many instances must be known and good; 0: none has to run. */
  readonly instances: number;
  readonly proof: "optional" | "required";
  /** Where to ask for health; null when the app posts its signals. */
  readonly healthUrl: string | null;
  /** Where it runs, so that the platform shows what it does; null when it reports for itself. */
  readonly platform: PlatformConfig | null;
  /** Object id with which it reads the secret, in lower case; absent where the audit log does not count for it. */
  readonly identity?: string;
}

/** A resource of Azure that is, or runs, a consumer. */
export type PlatformConfig =
  /** App Service, Functions or Logic Apps Standard: an app, or a slot of one. */
  | {
      readonly kind: "appService";
      readonly resourceId: string;
      /** Asked to read the new version after each publication, which restarts the app. */
      readonly refresh: boolean;
      /** Restarted once more after that. */
      readonly restart: boolean;
    }
  | { readonly kind: "containerApp"; readonly resourceId: string }
  | { readonly kind: "dataFactory"; readonly resourceId: string; readonly linkedService: string };

export const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
export type Weekday = (typeof weekdays)[number];

/** A maintenance window. `to` earlier than or equal to `from` means: until the next day. */
export interface WindowConfig {
  /** The days on which the window begins. */
  readonly days: readonly Weekday[];
  /** Local wall clock, `HH:mm`. */
  readonly from: string;
  readonly to: string;
  /** IANA name. */
  readonly timeZone: string;
}

export type GateMode = "signals" | "approval" | "delay";

export interface GateConfig {
  readonly mode: GateMode;
  readonly consumers: readonly ConsumerConfig[];
  readonly soakMs: number;
  readonly signalFreshnessMs: number;
  readonly forgetInstanceAfterMs: number;
  /** Set exactly when mode is `delay`. */
  readonly delayMs: number | null;
  readonly rollbackWhenUnhealthyForMs: number | null;
  /** A consumer whose good state rests on less is not good. */
  readonly leastEvidence: Grade;
  /** Whether the account itself is searched for copies of the key that dies next. */
  readonly searchAccount: boolean;
  /** What a reader of the secret that is no configured consumer does to the gate. */
  readonly unknownReaders: "report" | "hold";
}

/** Which Batch account: the parts of its resource id, as configured. */
export interface BatchAccountRef {
  readonly resourceId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly accountName: string;
}

/** Which Key Vault secret. `vaultUrl` has no trailing slash. */
export interface SecretRef {
  readonly vaultUrl: string;
  readonly name: string;
}

/** What the configuration says about one account: every default filled in, every duration in milliseconds. */
export interface AccountSettings {
  readonly name: string;
  readonly batch: BatchAccountRef;
  readonly secret: SecretRef;
  readonly rotateEveryMs: number;
  readonly expireAfterMs: number;
  readonly window: WindowConfig | null;
  readonly settleOn: "alternate" | "primary";
  readonly probe: "dataPlane" | "none";
  readonly reconcileEveryMs: number;
  readonly paused: boolean;
  readonly gate: GateConfig;
  readonly stalledAfterMs: Readonly<Record<Exclude<Phase, "idle">, number>>;
  readonly remindEveryMs: number;
}

/** Why an account that was found by a tag is paused. */
export interface Held {
  readonly reason: Extract<DiscoveryReason, "TagRemoved" | "AccountGone" | "TagInvalid">;
  readonly since: Instant;
  /** What is wrong, and the remedy. */
  readonly detail: string;
}

/** Of an account that was found by a tag. */
export interface Discovered {
  /** When its present tags were first seen: of two processes, the one with the later instant knows more. */
  readonly taggedAt: Instant;
  /** Null while its tags are there and valid. */
  readonly held: Held | null;
}

/**
 * One account under rotation, as this process drives it. Accounts inherit what they share, so a copy by spread or
 * `Object.entries` would lose it: members are taken by name.
 */
export interface AccountConfig extends AccountSettings {
  /** When this process read its configuration. */
  readonly loadedAt: Instant;
  /** Absent for an account that the configuration lists. */
  readonly discovered?: Discovered;
  /** What holds for the scheduled rotations of all accounts together. */
  readonly fleet: FleetConfig;
}
