/** What the vault answers to the platform. */
export interface HeldSecret {
  readonly version: string;
  readonly value: string;
}

export interface AppRevision {
  readonly name: string;
  active: boolean;
  /** Where its container has the secret. */
  use: "environment" | "volume" | "both" | "init" | "none";
}

/** One process. Its environment is what the platform held when it was made. */
export interface AppReplica {
  readonly name: string;
  readonly revision: string;
  readonly createdAt: Date;
  readonly held: HeldSecret;
  /** It runs until then beside its successor; null while nothing has ended it. */
  endsAt: Date | null;
  isReady: boolean;
}

export interface ContainerAppParts {
  readonly now: () => Date;
  /** Reads the newest version with the identity of the app; null where it may not, or the vault is away. */
  readonly readVault: () => HeldSecret | null;
  readonly createName: () => string;
  /** Default 11 seconds, as measured. */
  readonly overlapMs?: number;
  /** In seconds, as the template has it. Replicas that are replaced use all of it, and are not listed. */
  readonly graceSeconds?: number;
}

/**
 * One Container App, as measured on Azure in September and October 2026. The platform keeps its own copy of the secret.
 * A sync, every 30 minutes in a phase of the app, reads the vault; where the value is another one, all replicas of the
 * revisions that have it in their environment are made anew in the same second, in the same revision, and the old ones
 * end 11 seconds later. A restart of a revision and a new replica take the copy: neither reads the vault. A sync that
 * fails changes nothing.
 */
export class EmulatedContainerApp {
  readonly revisions: AppRevision[] = [];
  #replicas: AppReplica[] = [];
  #copy: HeldSecret | null;
  /** What the system log says. */
  readonly log: string[] = [];

  constructor(private readonly parts: ContainerAppParts) {
    this.#copy = parts.readVault();
  }

  deploy(name: string, use: AppRevision["use"], replicas: number): AppRevision {
    const revision: AppRevision = { name, active: true, use };
    this.revisions.push(revision);
    for (let count = 0; count < replicas; count += 1) this.#make(revision);
    return revision;
  }

  /** Those that run now; the old ones too while they overlap. */
  get replicas(): readonly AppReplica[] {
    const now = this.parts.now();
    this.#replicas = this.#replicas.filter(({ endsAt }) => endsAt === null || endsAt > now);
    return this.#replicas;
  }

  get graceSeconds(): number | undefined {
    return this.parts.graceSeconds;
  }

  /** What Resource Manager lists. */
  listed(revision: AppRevision): readonly AppReplica[] {
    return this.replicasOf(revision).filter(({ endsAt }) => endsAt === null || this.graceSeconds === undefined);
  }

  replicasOf(revision: AppRevision): readonly AppReplica[] {
    return this.replicas.filter((replica) => replica.revision === revision.name);
  }

  scale(revision: AppRevision, count: number): void {
    const running = this.replicasOf(revision).filter(({ endsAt }) => endsAt === null);
    for (let missing = count - running.length; missing > 0; missing -= 1) this.#make(revision);
    // The youngest go first.
    for (const replica of running.slice(count)) replica.endsAt = this.parts.now();
  }

  /** What a person does who believes that it reads the vault again. */
  restart(revision: AppRevision): void {
    if (revision.active) this.#recreate(revision);
  }

  deactivate(revision: AppRevision): void {
    revision.active = false;
    this.scale(revision, 0);
  }

  sync(): void {
    const read = this.parts.readVault();
    if (read === null) {
      this.log.push("SyncingSecretFromAzureKeyVaultForContainerAppFailed");
      return;
    }
    this.log.push("SyncingSecretFromAzureKeyVaultForContainerAppSucceeded");
    if (read.version === this.#copy?.version) return;
    this.#copy = read;
    for (const revision of this.revisions) {
      if (!revision.active || !["environment", "both"].includes(revision.use)) continue;
      this.log.push("RevisionRestartWithNewSecrets");
      this.#recreate(revision);
    }
  }

  #recreate(revision: AppRevision): void {
    const running = this.replicasOf(revision).filter(({ endsAt }) => endsAt === null);
    const overlapMs = this.graceSeconds === undefined ? (this.parts.overlapMs ?? 11_000) : this.graceSeconds * 1_000;
    const endsAt = new Date(this.parts.now().getTime() + overlapMs);
    for (const replica of running) {
      replica.endsAt = endsAt;
      this.#make(revision);
    }
  }

  #make(revision: AppRevision): void {
    if (this.#copy === null) return;
    const name = `${revision.name}-${this.parts.createName()}`;
    const replica = { name, revision: revision.name, createdAt: this.parts.now(), held: this.#copy };
    this.#replicas.push({ ...replica, endsAt: null, isReady: true });
  }
}
