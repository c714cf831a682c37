import type { Publication } from "../../../lib/ports/secret-publisher";
import type { SecretRef } from "../../../lib/rotation/account-config";
import type { Maker } from "./fake-batch";
import type { Random } from "./random";

export interface VersionFact {
  readonly version: string;
  readonly value: string;
  readonly by: Maker;
  readonly createdAtMs: number;
  /** The number of the effect that made it, which orders changes. */
  readonly effect: number;
  readonly contentType: string | null;
  tags: Readonly<Record<string, string>>;
  readonly expiresAt: string | null;
  disabledBy: Maker | null;
}

export type VaultAction = "get" | "set" | "update";

type Added = Pick<VersionFact, "value" | "by" | "createdAtMs" | "effect"> &
  Partial<Pick<VersionFact, "contentType" | "tags" | "expiresAt">>;

const dayMs = 24 * 60 * 60 * 1000;

/** The attributes of a published version. */
export const publishedWith = ({
  slot,
  resourceId,
  rotateEveryMs,
  rotationId,
  expiresAt,
  otherTags,
}: Publication): Pick<VersionFact, "contentType" | "tags" | "expiresAt"> => ({
  contentType: "text/plain; batch-account-key",
  tags: {
    ...Object.fromEntries(
      Object.entries(otherTags)
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .slice(0, 11),
    ),
    CredentialId: slot === "primary" ? "Primary" : "Secondary",
    ProviderAddress: resourceId,
    ValidityPeriodDays: String(Math.max(1, Math.floor(rotateEveryMs / dayMs))),
    RotationId: rotationId,
  },
  expiresAt,
});

const ownTags = new Set(["CredentialId", "ProviderAddress", "ValidityPeriodDays", "RotationId", "ContestedBy"]);

export const otherTagsOf = (tags: VersionFact["tags"]): VersionFact["tags"] =>
  Object.fromEntries(Object.entries(tags).filter(([name]) => !ownTags.has(name)));

/** The name of a secret, unique across vaults. */
export const secretName = ({ vaultUrl, name }: SecretRef): string => `${vaultUrl}/secrets/${name}`.toLowerCase();

/** The secrets of a world with their versions, oldest first. */
export class FakeVault {
  readonly #secrets = new Map<string, VersionFact[]>();
  readonly #deleted = new Set<string>();
  /** The actions denied to the rotator's identity. */
  readonly denied = new Set<VaultAction>();
  /**
   * Set during a fail-over: the vault is read-only, and the rotator reads it as it was at this instant. Apps keep what
   * they have read, so they do not see the past.
   */
  failedOverTo: number | null = null;
  /** The number of versions that the rotator has published. */
  publications = 0;

  constructor(private readonly random: Random) {}

  versions(ref: SecretRef): readonly VersionFact[] {
    return this.#secrets.get(secretName(ref)) ?? [];
  }

  /** The version that a reader gets; null for a deleted secret too. */
  newest(ref: SecretRef): VersionFact | null {
    return this.isDeleted(ref) ? null : (this.versions(ref).at(-1) ?? null);
  }

  version(ref: SecretRef, version: string): VersionFact | null {
    return this.isDeleted(ref) ? null : (this.versions(ref).find((each) => each.version === version) ?? null);
  }

  /** What the rotator reads. */
  shownNewest(ref: SecretRef): VersionFact | null {
    if (this.failedOverTo === null) return this.newest(ref);
    return this.isDeleted(ref) ? null : (this.versions(ref).findLast((each) => this.#isShown(each)) ?? null);
  }

  shownVersion(ref: SecretRef, id: string): VersionFact | null {
    const version = this.version(ref, id);
    return version !== null && this.#isShown(version) ? version : null;
  }

  /** The last of the world's `effects` that a read of this secret shows. */
  shownThrough(ref: SecretRef, effects: number): number {
    const hidden = this.versions(ref).find((each) => !this.#isShown(each));
    return hidden === undefined ? effects : hidden.effect - 1;
  }

  #isShown({ createdAtMs }: VersionFact): boolean {
    return this.failedOverTo === null || createdAtMs <= this.failedOverTo;
  }

  add(ref: SecretRef, added: Added): VersionFact {
    if (added.by === "rotator") this.publications += 1;
    const version: VersionFact = {
      contentType: null,
      tags: {},
      expiresAt: null,
      ...added,
      version: this.random.hex(32),
      disabledBy: null,
    };
    this.#secrets.set(secretName(ref), [...this.versions(ref), version]);
    return version;
  }

  setEnabled(ref: SecretRef, version: string, enabled: boolean): void {
    const found = this.version(ref, version);
    if (found === null) throw new Error(`${ref.name} has no version ${version}`);
    found.disabledBy = enabled ? null : "person";
  }

  isDeleted(ref: SecretRef): boolean {
    return this.#deleted.has(secretName(ref));
  }

  setDeleted(ref: SecretRef, deleted: boolean): void {
    this.#deleted[deleted ? "add" : "delete"](secretName(ref));
  }
}
