import { randomBytes } from "node:crypto";

export interface StoredVersion {
  readonly version: string;
  readonly value: string;
  readonly createdOn: Date;
  enabled: boolean;
  contentType: string | null;
  tags: Readonly<Record<string, string>>;
  expiresOn: Date | null;
  updatedOn: Date;
}

export interface Deletion {
  readonly deletedOn: Date;
  readonly purgeOn: Date;
}

export interface StoredSecret {
  /** The name as first written; compared without case. */
  readonly name: string;
  /** In the order of writing, which only the vault knows: the newest is last. */
  readonly versions: StoredVersion[];
  deletion: Deletion | null;
  /** Remaining polls of a deletion or a recovery that are answered 404. */
  pollsLeft: number;
}

export interface NewVersion {
  readonly value: string;
  readonly enabled?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly createdOn?: Date;
  readonly expiresOn?: Date | null;
}

const retentionMs = 90 * 24 * 60 * 60 * 1000;

/** The service stores times in whole seconds. */
const wholeSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000);

export class VaultStore {
  readonly #secrets = new Map<string, StoredSecret>();

  constructor(
    readonly now: () => Date,
    /** The number of polls answered 404 before a deletion or recovery is done. */
    readonly pollsUntilDone = 2,
    /** Notified of each version that is added. */
    private readonly onAdded: (secret: string, version: string) => void = () => undefined,
  ) {}

  add(name: string, content: NewVersion): StoredVersion {
    const at = wholeSeconds(content.createdOn ?? this.now());
    const version: StoredVersion = {
      version: randomBytes(16).toString("hex"),
      value: content.value,
      enabled: content.enabled ?? true,
      contentType: content.contentType ?? null,
      tags: content.tags ?? {},
      createdOn: at,
      updatedOn: at,
      expiresOn: content.expiresOn == null ? null : wholeSeconds(content.expiresOn),
    };
    const secret = this.find(name) ?? { name, versions: [], deletion: null, pollsLeft: 0 };
    secret.versions.push(version);
    this.#secrets.set(name.toUpperCase(), secret);
    this.onAdded(secret.name, version.version);
    return version;
  }

  find(name: string): StoredSecret | null {
    return this.#secrets.get(name.toUpperCase()) ?? null;
  }

  touch(version: StoredVersion): void {
    version.updatedOn = wholeSeconds(this.now());
  }

  delete(secret: StoredSecret): Deletion {
    const deletedOn = wholeSeconds(this.now());
    const deletion = { deletedOn, purgeOn: new Date(deletedOn.getTime() + retentionMs) };
    secret.deletion = deletion;
    secret.pollsLeft = this.pollsUntilDone;
    return deletion;
  }

  recover(secret: StoredSecret): void {
    secret.deletion = null;
    secret.pollsLeft = this.pollsUntilDone;
  }
}
