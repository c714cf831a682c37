import { otherSlot, rotationOf, type Slot } from "../../lib/rotation/phases";
import type { RotationRecord } from "../../lib/rotation/record";
import { secretName, type VersionFact } from "../fakes/world/fake-vault";
import type { SentPublication } from "../fakes/world/observer";
import { limits } from "../fakes/limits";
import type { World } from "../fakes/world/world";
import type { Held } from "./claim-judge";

/** What may be published over a live key: the next key of a rotation, or the previous one of a roll-back. */
const nextOfProcedure = ({ state, rollback }: RotationRecord): readonly Slot[] => [
  ...(state.phase === "regenerated" ? [state.rotation.target] : []),
  ...(state.phase === "retired" ? [otherSlot(state.active.slot)] : []),
  ...(rollback !== null && "rotation" in state ? [state.rotation.previous] : []),
];

/** Whether each publication was one that the rotator may make, at the instant of its effect. */
export class PublicationJudge {
  /** Versions whose key no signed call could be made with, published over a version that held no live key. */
  readonly #unproven = new Set<string>();
  /** Versions of publications whose answer was lost and that took effect late. */
  readonly #late = new Set<string>();

  constructor(
    private readonly world: World,
    private readonly broken: (invariant: string, text: string) => void,
  ) {}

  isUnproven(version: string): boolean {
    return this.#unproven.has(version);
  }

  published(sent: SentPublication, before: VersionFact | null, added: VersionFact, held: Held | null): void {
    const { transcript, batch } = this.world;
    if (this.#isLate(sent)) this.#late.add(added.version);
    const key = batch.keys.get(sent.value);
    const name = transcript.key(sent.value);
    if (key?.resourceId !== sent.resourceId) this.broken("I1", `${name} was published, which is no key of the account`);
    else if (key.death !== null && key.death.by !== "person" && !key.death.excused)
      this.broken("I1", `${name} was published, which the rotator had replaced`);
    const replaced = before === null || this.#raced(sent, before, held) ? null : before;
    if (this.#isUnprovable(sent, replaced)) this.#unproven.add(added.version);
    else if (this.#probes(sent, held)) this.#checkProven(sent);
    if (replaced !== null) this.#checkReplaced(sent, replaced);
    if (replaced !== null) this.#checkOwner(sent, replaced, held);
    this.#checkRollBack(sent);
  }

  /**
   * A person published it after the driver had read the newest version, which no rotator can see, or an earlier
   * publication took effect late; or it was published while this publication was under way, whose answer was lost.
   */
  #raced(sent: SentPublication, { by, effect, version }: VersionFact, held: Held | null): boolean {
    const isUnseen = by === "person" || this.#late.has(version);
    return effect > (isUnseen ? this.#readAt(sent, held) : sent.sentAtEffect);
  }

  /** Where two accounts share the secret, the last read may be of the other one's driver. */
  #readAt({ newestReadAt, secret }: SentPublication, held: Held | null): number {
    const rows = [...this.world.tables.rotations.values()];
    const sharers = rows.filter(({ record }) => secretName(record.secret) === secretName(secret));
    return sharers.length > 1 ? Math.min(newestReadAt, held?.effect ?? 0) : newestReadAt;
  }

  /** Since it was sent, a driver has read the newest version. */
  #isLate({ secret, sentAt }: SentPublication): boolean {
    const name = secretName(secret);
    return this.world.processes.some(({ reads }) => (reads.get(name)?.at ?? 0) > sentAt);
  }

  /**
   * The driver's own configuration is not known here where the process has been deployed since, or while the tick that
   * drives was under way.
   */
  #probes({ process, record }: SentPublication, held: Held | null): boolean {
    const config = record && process.app.accounts.find(record.account);
    return config?.probe === "dataPlane" && held !== null && process.deployedAt < held.at - limits.claimMs;
  }

  /** No signed call with the key was answered, and apps read no key that works. */
  #isUnprovable({ probed, resourceId }: SentPublication, replaced: VersionFact | null): boolean {
    return probed === "unanswered" && (replaced === null || !this.#isLive(resourceId, replaced.value));
  }

  #checkProven({ value, probed }: SentPublication): void {
    if (probed === "accepted") return;
    const found = { refused: "its call was refused", unanswered: "its call had no answer" }[probed ?? "refused"];
    const why = probed === null ? "no signed call was made" : found;
    this.broken("I1", `${this.world.transcript.key(value)} was published although ${why}`);
  }

  #checkReplaced({ value, slot, resourceId, record }: SentPublication, replaced: VersionFact): void {
    const isGood = this.#isLive(resourceId, replaced.value) && replaced.disabledBy === null;
    if (record === null || !isGood || replaced.value === value || !this.world.batch.accepts(replaced.value)) return;
    if (nextOfProcedure(record).includes(slot)) return;
    const names = [value, replaced.value].map((each) => this.world.transcript.key(each));
    this.broken("I1", `${names[0]} was published in phase ${record.state.phase} over ${names[1]}, which is accepted`);
  }

  /** A version that was published for another account belongs to that account, where the driver could read it. */
  #checkOwner({ resourceId, owner }: SentPublication, { value, effect }: VersionFact, held: Held | null): void {
    if (owner === null || owner === resourceId || this.#isLive(resourceId, value)) return;
    if (held === null || effect > held.effect) return;
    this.broken("I1", `a key of ${resourceId} was published over a version of ${owner}`);
  }

  /** A roll-back publishes the key that apps had before, not the fresh key of its slot. */
  #checkRollBack({ value, secret, record }: SentPublication): void {
    const rotation = record === null ? null : rotationOf(record.state);
    if (record === null || rotation === null || record.rollback === null || record.state.active === null) return;
    const { state } = record;
    const version = "previousVersion" in state ? state.previousVersion : record.state.active.version;
    const previous = this.world.vault.version(secret, version);
    if (previous !== null && previous.value !== value)
      this.broken("I1", `a roll-back published ${this.world.transcript.key(value)}, which is not the previous key`);
  }

  #isLive(resourceId: string, value: string): boolean {
    const facts = this.world.batch.find(resourceId);
    return facts !== null && (facts.keys.primary.value === value || facts.keys.secondary.value === value);
  }
}
