import type { BatchKey } from "../batch-key";
import type { SecretRef } from "../rotation/account-config";
import type { Marks } from "../rotation/ownership";
import type { Slot } from "../rotation/phases";
import type { Instant } from "../rotation/time/time";
import type { CallOptions, Receipt } from "./call";

export type Tags = Readonly<Record<string, string>>;

export type SecretVersion =
  | {
      readonly version: string;
      readonly enabled: true;
      readonly key: BatchKey;
      readonly createdAt: Instant;
      readonly rotationId: string | null;
      readonly marks: Marks;
      /** The tags that the rotator does not set itself. */
      readonly otherTags: Tags;
    }
  | { readonly version: string; readonly enabled: false };

/** A version that can be read. */
export type EnabledVersion = Extract<SecretVersion, { enabled: true }>;

/** Everything that is written with a published key, in one request. */
export interface Publication {
  readonly key: BatchKey;
  readonly slot: Slot;
  readonly resourceId: string;
  readonly rotateEveryMs: number;
  readonly expiresAt: Instant;
  /** The rotation that publishes, or the id of the adoption or repair. */
  readonly rotationId: string;
  /** Tags that others have set on the version before; kept as far as Key Vault's 15 tags allow. */
  readonly otherTags: Tags;
}

/**
 * The published secret of an account.
 * Throws only `TransientServiceError`, `OutcomeUnknownError` (publish, disable and contest) or `OperatorNeededError`.
 */
export interface SecretPublisher {
  /**
   * What apps read now; null where the secret has no version. A disabled newest version is `OperatorNeededError`
   * `SecretDisabled`.
   */
  newest(ref: SecretRef, options: CallOptions): Promise<EnabledVersion | null>;
  /** One version; null where the vault does not know it. */
  version(ref: SecretRef, version: string, options: CallOptions): Promise<SecretVersion | null>;
  publish(
    ref: SecretRef,
    publication: Publication,
    options: CallOptions,
  ): Promise<Receipt & { readonly version: string; readonly createdAt: Instant }>;
  disable(ref: SecretRef, version: string, options: CallOptions): Promise<void>;
  /**
   * Adds the tag `ContestedBy` to a version, with all its other tags kept; a version that has one stays as it is. Tags
   * that another client changes between the read and the write may be lost.
   */
  contest(ref: SecretRef, version: string, resourceId: string, options: CallOptions): Promise<void>;
}
