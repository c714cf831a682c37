import { BatchKey } from "../../lib/batch-key";
import { OperatorNeededError } from "../../lib/errors";
import type { CallOptions, Publication, Receipt, SecretPublisher, SecretVersion } from "../../lib/ports";
import type { SecretRef } from "../../lib/rotation/account-config";
import type { BlockedReason } from "../../lib/rotation/reasons";
import { InMemoryFaults } from "./in-memory-faults";

export type InMemoryVaultAction = "get" | "set" | "update";

export interface InMemoryVersion {
  readonly version: string;
  readonly value: string;
  readonly contentType: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  enabled: boolean;
}

type Enabled = Extract<SecretVersion, { enabled: true }>;

const dayMs = 24 * 60 * 60 * 1000;

const operatorNeeded = (reason: BlockedReason, operation: string): OperatorNeededError =>
  new OperatorNeededError(reason, { operation }, `mend ${reason}`);

const opened = ({ version, value, createdAt, tags }: InMemoryVersion): Enabled => ({
  version,
  enabled: true,
  key: new BatchKey(value),
  createdAt,
  rotationId: tags["RotationId"] ?? null,
});

/** Vaults in memory. */
export class InMemoryVault implements SecretPublisher {
  readonly #secrets = new Map<string, { readonly versions: InMemoryVersion[]; deleted: boolean }>();
  readonly #denied = new Set<InMemoryVaultAction>();
  readonly #faults: InMemoryFaults;
  readonly #now: () => Date;
  #versionsMade = 0;

  constructor(now: () => Date, faults: InMemoryFaults = new InMemoryFaults()) {
    this.#now = now;
    this.#faults = faults;
  }

  newest(ref: SecretRef, { signal }: CallOptions): Promise<Enabled | null> {
    return this.#faults.run("secrets.newest", signal, () => {
      this.#check("get");
      const newest = this.#living(ref).at(-1);
      if (newest?.enabled === false) throw operatorNeeded("SecretDisabled", "Key Vault getSecret");
      return newest === undefined ? null : opened(newest);
    });
  }

  version(ref: SecretRef, version: string, { signal }: CallOptions): Promise<SecretVersion | null> {
    return this.#faults.run("secrets.version", signal, () => {
      this.#check("get");
      const found = this.#living(ref).find((each) => each.version === version);
      if (found === undefined) return null;
      return found.enabled ? opened(found) : { version, enabled: false };
    });
  }

  publish(
    ref: SecretRef,
    publication: Publication,
    { signal }: CallOptions,
  ): Promise<Receipt & { readonly version: string }> {
    return this.#faults.run("secrets.publish", signal, () => {
      this.#check("set");
      if (this.#secret(ref).deleted) throw operatorNeeded("SecretDeleted", "Key Vault setSecret");
      const { version } = this.#add(ref, {
        value: publication.key.reveal(),
        contentType: "text/plain; batch-account-key",
        tags: {
          CredentialId: publication.slot === "primary" ? "Primary" : "Secondary",
          ProviderAddress: publication.resourceId,
          ValidityPeriodDays: String(Math.max(1, Math.floor(publication.rotateEveryMs / dayMs))),
          RotationId: publication.rotationId,
        },
        expiresAt: publication.expiresAt,
      });
      return { version, requestId: null };
    });
  }

  disable(ref: SecretRef, version: string, { signal }: CallOptions): Promise<void> {
    return this.#faults.run("secrets.disable", signal, () => {
      this.#check("update");
      this.setEnabled(ref, version, false);
    });
  }

  /** As somebody else would publish. */
  seed(ref: SecretRef, value: string): { readonly version: string } {
    return this.#add(ref, { value, contentType: null, tags: {}, expiresAt: null });
  }

  /** A test's own view, in the order in which they were written: no faults. */
  versions(ref: SecretRef): readonly InMemoryVersion[] {
    return this.#secret(ref).versions.map((version) => ({ ...version }));
  }

  setEnabled(ref: SecretRef, version: string, enabled: boolean): void {
    const found = this.#living(ref).find((each) => each.version === version);
    if (found === undefined) throw operatorNeeded("NotFound", "Key Vault updateSecret");
    found.enabled = enabled;
  }

  setDeleted(ref: SecretRef, deleted: boolean): void {
    this.#secret(ref).deleted = deleted;
  }

  deny(action: InMemoryVaultAction): void {
    this.#denied.add(action);
  }

  allow(action: InMemoryVaultAction): void {
    this.#denied.delete(action);
  }

  #check(action: InMemoryVaultAction): void {
    if (this.#denied.has(action)) throw operatorNeeded("Forbidden", `Key Vault ${action}`);
  }

  #secret(ref: SecretRef) {
    const id = `${ref.vaultUrl}/secrets/${ref.name}`.toLowerCase();
    const found = this.#secrets.get(id) ?? { versions: [], deleted: false };
    this.#secrets.set(id, found);
    return found;
  }

  #living(ref: SecretRef): InMemoryVersion[] {
    const { versions, deleted } = this.#secret(ref);
    return deleted ? [] : versions;
  }

  #add(ref: SecretRef, content: Pick<InMemoryVersion, "value" | "contentType" | "tags" | "expiresAt">) {
    const version = (this.#versionsMade += 1).toString(16).padStart(32, "0");
    this.#secret(ref).versions.push({ ...content, version, enabled: true, createdAt: this.#now().toISOString() });
    return { version };
  }
}
