import type { FleetConfig } from "../../lib/rotation/fleet/fleet-config";
import { type Rotation, rotationOf } from "../../lib/rotation/phases";
import type { RotationRecord } from "../../lib/rotation/record";
import type { World } from "../fakes/world/world";

const isScheduled = (rotation: Rotation | null): rotation is Rotation => rotation?.trigger === "schedule";

/** Counts the scheduled rotations of a fleet: those under way at once, and the accounts that they have touched. */
export class FleetJudge {
  readonly #touched = new Set<string>();
  #calm = false;

  constructor(
    private readonly world: World,
    private readonly fleet: FleetConfig,
    private readonly broken: (invariant: string, text: string) => void,
  ) {}

  /** From here on new keys break nothing, so all may be touched. */
  becomeCalm(): void {
    this.#calm = true;
  }

  recordWritten(before: RotationRecord | null, after: RotationRecord): void {
    const rotation = rotationOf(after.state);
    if (!isScheduled(rotation) || (before !== null && rotationOf(before.state)?.id === rotation.id)) return;
    this.#touched.add(after.account);
    this.#checkAtOnce();
    this.#checkTouched();
    this.#checkCanaries(after.account);
  }

  #checkAtOnce(): void {
    const { maxRotating } = this.fleet;
    const records = [...this.world.tables.rotations.values()];
    const underWay = records.filter(({ record }) => isScheduled(rotationOf(record.state))).length;
    if (maxRotating !== null && underWay > maxRotating)
      this.broken("fleet", `${underWay} scheduled rotations were under way, and maxRotating is ${maxRotating}`);
  }

  /** As every new key breaks its app, canaries never complete, and every rotation becomes a failure. */
  #checkTouched(): void {
    const { maxRotating, canaries, breaker } = this.fleet;
    if (this.#calm) return;
    const bounds = [
      ...(canaries.length > 0 ? [canaries.length] : []),
      ...(breaker !== null && maxRotating !== null ? [breaker.failures + maxRotating] : []),
    ];
    const most = Math.min(...bounds);
    if (this.#touched.size > most)
      this.broken("fleet", `${this.#touched.size} accounts were touched, and at most ${most} may be`);
  }

  #checkCanaries(account: string): void {
    const { canaries } = this.fleet;
    if (canaries.includes(account)) return;
    const completed = (name: string): boolean =>
      this.world.tables.rotations.get(name)?.record.lastRotation?.outcome === "completed" ||
      this.world.tables.events(name).some(({ event }) => event === "RotationCompleted");
    const pending = canaries.find((name) => !completed(name));
    if (pending !== undefined) this.broken("fleet", `${account} started before canary ${pending} had completed`);
  }
}
