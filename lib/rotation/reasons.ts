/**
 * Why an account waits. Spelled the same in log, status, page, alarm and README; the sentence is what a reader learns
 * first. The order is the order in which a driver finds out.
 */
export const waitingReasons = {
  DryRun: "ROTATION_DRY_RUN is set: the step is reported, not taken",
  NewerConfiguration: "a process with a newer configuration has driven this account, and this process has an older one",
  Paused: "paused by an operator or in the configuration",
  Blackout: "nothing scheduled starts in a blackout of the fleet",
  OutsideWindow: "scheduled work waits for the maintenance window",
  FleetStopped: "too many scheduled rotations of the fleet have failed, so no further one starts",
  CanaryPending: "the canaries of the fleet rotate first",
  FleetLimit: "as many scheduled rotations are under way as the fleet allows",
  Claimed: "another driver is working on this account",
  BackingOff: "the last step failed and is tried again later",
  OutcomeUnknown:
    "the answer to a regenerate was lost, so that key slot is left alone until no such request can still be in flight",
  NewKeyNotAcceptedYet: "Batch does not accept the new key yet",
  OldKeyStillAccepted: "Batch still accepts the retired key",
  TargetKeyRefused: "Batch refuses the published key",
  KeyListStale: "the key list of Batch may be from before the last regenerate",
  ApprovalPending: "a person must approve",
  DelayNotElapsed: "the configured delay since publication has not passed",
  NoSignalYet: "a consumer has not reported",
  SignalStale: "a consumer's last report is too old",
  InstancesMissing: "fewer instances of a consumer have reported than are configured",
  OnPreviousKey: "an instance does not run on the published version yet",
  ProofMissing: "an instance has not proven that it holds the published key",
  Unhealthy: "an instance reports that it is not healthy",
  PinnedVersion: "an app refers to one fixed version of the secret, so it never reads a new one",
  RefreshFailed: "the platform of an app could not read the published version for it",
  RefreshPending: "the platform of an app has not read the published version for it yet",
  NeedsSignal: "the platform cannot show which version an app uses, so the app must report",
  EvidenceTooWeak: "a consumer is good by weaker evidence than the configuration demands",
  UnknownReader: "a reader of the secret is no configured consumer, or the vault's audit log has not shown its readers",
  SoakNotElapsed: "all consumers are good, but not yet for long enough",
  KeyInAccount: "the Batch account itself holds a copy of the key that dies next",
} as const;

export type WaitingReason = keyof typeof waitingReasons;

/** Reasons that come of what the instances of a consumer have reported, in the order in which they are checked. */
export const reportReasons = [
  "NoSignalYet",
  "SignalStale",
  "InstancesMissing",
  "OnPreviousKey",
  "ProofMissing",
  "Unhealthy",
] as const satisfies readonly WaitingReason[];

export type ReportReason = (typeof reportReasons)[number];

/** Reasons that come of what the platform of a consumer shows. */
const platformReasons = [
  "PinnedVersion",
  "RefreshFailed",
  "RefreshPending",
  "NeedsSignal",
] as const satisfies readonly WaitingReason[];

/** Reasons that shut the gate on behalf of one consumer. */
export const consumerReasons = [...reportReasons, ...platformReasons, "EvidenceTooWeak"] as const;

export type ConsumerReason = (typeof consumerReasons)[number];

/** Conditions that last until an operator acts. */
export const blockedReasons = {
  Forbidden: "the rotator's identity may not do this",
  Unreachable: "a certificate or an address is wrong, so no usable connection to the service comes about",
  NotFound: "the Batch account, the vault or the secret's version is not there",
  SharedKeyNotAllowed: "the Batch account does not allow shared keys, so there is nothing to rotate",
  SecretDeleted: "the secret is deleted and its name cannot be used",
  ForeignSecret: "the newest version of the secret was not published for this Batch account",
  SecretDisabled: "the newest version of the secret is disabled, so no app can read it",
  ResourceLocked: "a lock on the Batch account forbids the operation",
  PolicyRefused: "an Azure policy refuses the operation",
  NoUsableKey: "Batch returned no usable key",
  RecordCorrupt: "the stored record of this account cannot be read",
  RecordElsewhere: "the record of this Batch account has the name of another account",
} as const;

export type BlockedReason = keyof typeof blockedReasons;

/** Why an account that has or had the tag of discovery is not rotated. */
export const discoveryReasons = {
  TagRemoved: "the tag that named its profile was removed",
  AccountGone: "Resource Graph shows the Batch account no more",
  TagInvalid: "its tags or their profile cannot be carried out",
  NameTaken: "another account has its name",
  SecretShared: "another account has its secret",
} as const;
export type DiscoveryReason = keyof typeof discoveryReasons;
