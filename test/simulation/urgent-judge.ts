import type { RotationEvent } from "../../lib/rotation/events/events";
import { rotationOf } from "../../lib/rotation/phases";
import type { RotationRecord } from "../../lib/rotation/record";
import type { World } from "../fakes/world/world";

/** A rotation for a leaked key (`retireAfter`) ends with an alarm where it does not kill the key, and the key dies. */
export class UrgentJudge {
  /** By account: the leaked keys that are still to die. */
  readonly #leaked = new Map<string, Set<string>>();

  constructor(
    private readonly world: World,
    private readonly broken: (invariant: string, text: string) => void,
  ) {}

  recordWritten(before: RotationRecord | null, after: RotationRecord, fresh: readonly RotationEvent[]): void {
    const kinds = new Set<string>(fresh.map(({ event }) => event));
    if (kinds.has("RotationRolledBack") || before?.resourceId !== after.resourceId) this.forget(after.account);
    else if (kinds.has("RotationSuperseded") && !kinds.has("UrgentRotationSuperseded")) this.#checkSilentEnd(before);
    const rotation = rotationOf(after.state);
    if (!kinds.has("RotationStarted") || rotation === null || rotation.retireAfterMs === null) return;
    this.#note(before ?? after);
  }

  /** The key that apps read when the rotation was asked for: a person may have replaced it since. */
  #note({ account, secret, state }: RotationRecord): void {
    const version = state.active === null ? null : this.world.vault.version(secret, state.active.version);
    if (version !== null) this.#leaked.set(account, new Set([...(this.#leaked.get(account) ?? []), version.value]));
  }

  /** A person has taken the request away: by a roll-back, another account, or a change of the record. */
  forget(account: string): void {
    this.#leaked.delete(account);
  }

  /** After a run. A rotation that is blocked still has its alarm. */
  check(): void {
    for (const [account, values] of this.#leaked) {
      const isBlocked = (this.world.tables.rotations.get(account)?.record.failure?.blocked ?? null) !== null;
      if (!isBlocked) for (const value of values) this.#checkDead(account, value);
    }
  }

  #checkSilentEnd({ account, state, resourceId }: RotationRecord): void {
    const rotation = rotationOf(state);
    if (rotation === null || rotation.retireAfterMs === null) return;
    const { primary, secondary } = this.world.batch.of(resourceId).keys;
    const alive = [primary.value, secondary.value].some((value) => this.#leaked.get(account)?.has(value));
    if (alive) this.broken("leaked key", `${account}: a rotation for a leaked key ended without an alarm`);
  }

  #checkDead(account: string, value: string): void {
    const key = this.world.batch.keys.get(value);
    if (key !== undefined && key.death === null)
      this.broken("leaked key", `${account}: ${this.world.transcript.key(value)} leaked and lives`);
  }
}
