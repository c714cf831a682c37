import { minutes } from "../../builders/time";
import { createHmac } from "node:crypto";
import { receiveSignal } from "../../../lib/signals/receive-signal";
import type { Lane } from "./lane";
import { type Subject } from "./subject";

/** The key that an app holds. */
export interface Held {
  readonly version: string;
  readonly key: string;
}

/**
 * An app that uses the published key. It looks at the vault itself, without the calls that are recorded and spoilt here,
 * and keeps what it holds until it looks again.
 */
export class Consumer {
  held: Held | null = null;
  /** Versions that it has told the rotator it runs on, whether or not that has arrived. */
  readonly told = new Set<string>();
  #arrived: { readonly version: string; readonly at: number } | null = null;

  constructor(
    private readonly lane: Lane,
    private readonly subject: Subject,
  ) {}

  /** Takes up the newest version. */
  refresh(): void {
    const newest = this.lane.vault.newest(this.subject.config.secret.name);
    if (newest !== null && newest.enabled) this.held = { version: newest.version, key: newest.value };
  }

  /** Nothing new to tell, and told not long ago. */
  get isQuiet(): boolean {
    const { held } = this;
    if (held === null) return true;
    const known = this.#arrived;
    return known?.version === held.version && this.lane.clock.now().getTime() - known.at < minutes(8);
  }

  /** Tells the rotator, with proof. Returns its answer; throws where it fails. */
  async signal(): Promise<unknown> {
    if (this.held === null) return null;
    const { version, key } = this.held;
    const at = this.lane.clock.now();
    const claims = { consumer: "render-api", instance: "vm-1", secretVersion: version, healthy: true };
    this.told.add(version);
    const lines = [
      "batch-key-proof-v1",
      this.subject.config.name,
      claims.consumer,
      claims.instance,
      version,
      "true",
      at.toISOString(),
    ];
    const proof = createHmac("sha256", Buffer.from(key, "base64")).update(lines.join("\n")).digest("base64");
    const signal = { ...claims, at: at.toISOString(), detail: null, proof };
    const received = await receiveSignal(this.subject.app, this.subject.config, signal);
    if (received.kind === "received") this.#arrived = { version, at: at.getTime() };
    return received;
  }
}
