import type { SecretRef } from "../../../lib/rotation/account-config";
import type { Maker } from "./fake-batch";
import type { Random } from "./random";

export interface VersionFact {
  readonly id: string;
  readonly value: string;
  readonly by: Maker;
  readonly createdAtMs: number;
  readonly rotationId: string | null;
  /** The number of the effect that made it: which came first is told from this. */
  readonly effect: number;
  disabledBy: Maker | null;
}

/** The secrets of a world, each name in one vault, with their versions, oldest first. */
export class FakeVault {
  readonly #secrets = new Map<string, VersionFact[]>();

  constructor(private readonly random: Random) {}

  versions(ref: SecretRef): readonly VersionFact[] {
    return this.#secrets.get(ref.name) ?? [];
  }

  newest(ref: SecretRef): VersionFact | null {
    return this.versions(ref).at(-1) ?? null;
  }

  version(ref: SecretRef, id: string): VersionFact | null {
    return this.versions(ref).find((version) => version.id === id) ?? null;
  }

  add(ref: SecretRef, version: Omit<VersionFact, "id" | "disabledBy">): VersionFact {
    const added: VersionFact = { ...version, id: this.random.hex(32), disabledBy: null };
    const known = this.#secrets.get(ref.name);
    if (known === undefined) this.#secrets.set(ref.name, [added]);
    else known.push(added);
    return added;
  }
}
