import { minutes } from "../../builders/time";
import { receiveSignal } from "../../../lib/signals/receive-signal";
import { proofOf } from "../../builders/proof";
import type { Held, KeyUsers } from "./key-users";
import type { Lane } from "./lane";
import { type Subject } from "./subject";

/**
 * An app that uses the published key. It reads the vault directly, not by the calls that are recorded and get faults,
 * and keeps its key until it reads again.
 */
export class Consumer implements KeyUsers {
  held: Held | null = null;
  /** Versions that it has reported to the rotator, whether or not the report arrived. */
  readonly #reported = new Set<string>();
  #arrived: { readonly version: string; readonly at: number } | null = null;

  constructor(
    private readonly lane: Lane,
    private readonly subject: Subject,
  ) {}

  get holds(): readonly Held[] {
    return this.held === null ? [] : [this.held];
  }

  hasMovedTo(version: string): boolean {
    return this.#reported.has(version);
  }

  /** Changes to the newest version. */
  refresh(): void {
    const newest = this.lane.vault.newest(this.subject.config.secret.name);
    if (newest !== null && newest.enabled) this.held = { version: newest.version, key: newest.value };
  }

  /** True if its version was reported recently. */
  get isQuiet(): boolean {
    const { held } = this;
    if (held === null) return true;
    const known = this.#arrived;
    return known?.version === held.version && this.lane.clock.now().getTime() - known.at < minutes(8);
  }

  /** Sends a signal with proof to the rotator. Returns the answer; throws if it fails. */
  async signal(): Promise<unknown> {
    if (this.held === null) return null;
    const { version, key } = this.held;
    const at = this.lane.clock.now();
    const claims = { consumer: "render-api", instance: "vm-1", secretVersion: version, healthy: true };
    this.#reported.add(version);
    const { consumer, instance } = claims;
    const proof = proofOf(key, [this.subject.config.name, consumer, instance, version, "true", at.toISOString()]);
    const signal = { ...claims, at: at.toISOString(), detail: null, leaving: false, proof };
    const received = await receiveSignal(this.subject.app, this.subject.config, signal);
    if (received.kind === "received") this.#arrived = { version, at: at.getTime() };
    return received;
  }
}
