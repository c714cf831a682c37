import type { KeyVault, SecretAction } from "./key-vault";
import type { NewVersion, StoredVersion, VaultStore } from "./vault-store";

/** A version as shown to a test. */
export type SecretVersionView = Readonly<StoredVersion>;

/** One vault with direct access for tests: no HTTP, no journal entries, no faults. */
export interface Vault {
  readonly name: string;
  /** `https://localhost:PORT`, without a final slash. */
  readonly url: string;
  /** Adds a version, which becomes the newest one whatever its `createdOn`. */
  seed(secret: string, content: NewVersion): SecretVersionView;
  /** Null if the secret does not exist or is deleted. */
  newest(secret: string): SecretVersionView | null;
  /** In the order of writing, including deleted ones. */
  versions(secret: string): readonly SecretVersionView[];
  /** Disables one version, or the newest. */
  disable(secret: string, version?: string): void;
  enable(secret: string, version?: string): void;
  /** Soft delete, completed at once. */
  delete(secret: string): void;
  /** Done at once. */
  recover(secret: string): void;
  /** Denies a permission to the identity. */
  deny(action: SecretAction): void;
  allow(action: SecretAction): void;
  /** Refuses all writes, as during a failover. */
  setReadOnly(readOnly: boolean): void;
  /** Refuses to set secrets, as Azure Policy in deny mode does, with this inner error code; null ends it. */
  refuseByPolicy(innerCode: string | null): void;
}

export const vaultView = (name: string, url: string, store: VaultStore, service: KeyVault): Vault => {
  const secretOf = (secret: string) => {
    const found = store.find(secret);
    if (found === null) throw new Error(`the vault ${name} has no secret ${secret}`);
    return found;
  };
  const versionOf = (secret: string, version: string | undefined): StoredVersion => {
    const { versions } = secretOf(secret);
    const found = version === undefined ? versions.at(-1) : versions.find((other) => other.version === version);
    if (found === undefined) throw new Error(`the secret ${secret} has no version ${version ?? ""}`);
    return found;
  };
  const setEnabled = (secret: string, version: string | undefined, enabled: boolean): void => {
    const found = versionOf(secret, version);
    found.enabled = enabled;
    store.touch(found);
  };
  return {
    name,
    url,
    seed: (secret, content) => ({ ...store.add(secret, content) }),
    newest: (secret) => {
      const found = store.find(secret);
      const newest = found === null || found.deletion !== null ? undefined : found.versions.at(-1);
      return newest === undefined ? null : { ...newest };
    },
    versions: (secret) => (store.find(secret)?.versions ?? []).map((version) => ({ ...version })),
    disable: (secret, version) => setEnabled(secret, version, false),
    enable: (secret, version) => setEnabled(secret, version, true),
    delete: (secret) => {
      const found = secretOf(secret);
      store.delete(found);
      found.pollsLeft = 0;
    },
    recover: (secret) => {
      const found = secretOf(secret);
      store.recover(found);
      found.pollsLeft = 0;
    },
    deny: (action) => service.deny(action),
    allow: (action) => service.allow(action),
    setReadOnly: (readOnly) => service.setReadOnly(readOnly),
    refuseByPolicy: (innerCode) => service.refuseByPolicy(innerCode),
  };
};
