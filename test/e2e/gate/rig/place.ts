import { createHmac } from "node:crypto";
import type { OperatorAction } from "../../../../lib/operations/operate-account";
import type { AccountConfig } from "../../../../lib/rotation/account-config";
import type { RotationEvent } from "../../../../lib/rotation/events/events";
import type { Slot } from "../../../../lib/rotation/phases";
import type { StatusBody } from "../../../../lib/operations/status";
import { type AccountChanges, anAccount } from "../../../builders/account";
import { minutes } from "../../../builders/time";
import type { Rig } from "./rig";
import type { Answer } from "./surface";

export interface PlaceOptions extends AccountChanges {
  /** What the vault holds at first (default: the primary key); null: no secret yet. */
  readonly seed?: Slot | null;
}

export interface Report {
  readonly healthy?: boolean;
  readonly detail?: string;
  /** Default: proven. */
  readonly proof?: boolean;
  /** Default: the version that it holds. */
  readonly version?: string;
  /** Default: now. */
  readonly at?: string;
}

/** One version of the secret. */
export interface HeldVersion {
  readonly version: string;
  readonly value: string;
  readonly createdAt: string;
  readonly enabled: boolean;
}

/** A signal's body as an app sends it. */
export interface SentSignal {
  readonly consumer: string;
  readonly instance: string;
  readonly secretVersion: string;
  readonly healthy: boolean;
  readonly at: string;
  readonly detail?: string;
  readonly proof?: string;
}

/** Written out once more on purpose: what an app does, from the contract's text. */
export const proofOf = (key: string, lines: readonly string[]): string =>
  createHmac("sha256", Buffer.from(key, "base64"))
    .update(["batch-key-proof-v1", ...lines].join("\n"), "utf8")
    .digest("base64");

/** One Batch account under rotation, and everything that can be asked of the app about it. */
export class Place {
  constructor(
    readonly rig: Rig,
    readonly config: AccountConfig,
  ) {}

  get name(): string {
    return this.config.name;
  }

  async status(): Promise<StatusBody> {
    const { status, text } = await this.rig.surface.call({ method: "GET", path: `/accounts/${this.name}` });
    if (status !== 200) throw new Error(`GET accounts/${this.name}: ${status} ${text}`);
    const body: StatusBody = JSON.parse(text);
    return body;
  }

  rotate(body: object = { reason: "asked for" }, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.rig.surface.call({ method: "POST", path: `/accounts/${this.name}/rotations`, body, headers });
  }

  order(action: OperatorAction, reason = "a test", headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.rig.surface.call({
      method: "POST",
      path: `/accounts/${this.name}/${action}`,
      body: { reason },
      headers,
    });
  }

  post(signal: object): Promise<Answer> {
    return this.rig.surface.call({ method: "POST", path: `/accounts/${this.name}/signals`, body: signal });
  }

  /** Oldest first. */
  versions(): readonly HeldVersion[] {
    return this.rig.vault.versions(this.config.secret);
  }

  newest(): HeldVersion {
    const newest = this.versions().at(-1);
    if (newest === undefined) throw new Error(`the vault holds no secret of ${this.name}`);
    return newest;
  }

  keys(): Readonly<Record<Slot, string>> {
    return this.rig.batch.keys(this.config.batch);
  }

  /** Whether Batch would answer a call signed with this key now. */
  accepts(key: string): boolean {
    return this.rig.batch.accepts(this.config.batch, key);
  }

  /** The slot that the newest version's key lives in; null where it is dead. */
  publishedSlot(): Slot | null {
    const { primary, secondary } = this.keys();
    const { value } = this.newest();
    return value === primary ? "primary" : value === secondary ? "secondary" : null;
  }

  events(): readonly RotationEvent[] {
    return this.rig.events(this.name);
  }

  eventKinds(): readonly string[] {
    return this.events().map(({ event }) => event);
  }

  instance(consumer: string, instance: string): Instance {
    return new Instance(this, consumer, instance);
  }
}

/** One running instance of an app: it holds a version of the secret until it reads the newest one. */
export class Instance {
  #held: HeldVersion | null = null;

  constructor(
    private readonly place: Place,
    readonly consumer: string,
    readonly instance: string,
  ) {}

  get held(): HeldVersion {
    return this.#held ?? this.place.newest();
  }

  /** Reads the newest version, as after a restart or a refresh. */
  refresh(): this {
    this.#held = this.place.newest();
    return this;
  }

  /** Keeps what it holds, as an app that caches. */
  stay(): this {
    this.#held = this.held;
    return this;
  }

  /** Whether Batch would answer a call of this instance now. */
  works(): boolean {
    return this.place.accepts(this.held.value);
  }

  /** The signal's body. No two carry the same instant. */
  signal({ healthy = true, detail, proof = true, version, at }: Report = {}): SentSignal {
    const { consumer, instance, held, place } = this;
    place.rig.clock.advance(1);
    const sentAt = at ?? place.rig.clock.at;
    const secretVersion = version ?? held.version;
    const lines = [place.name, consumer, instance, secretVersion, String(healthy), sentAt];
    return {
      consumer,
      instance,
      secretVersion,
      healthy,
      at: sentAt,
      ...(detail === undefined ? {} : { detail }),
      ...(proof ? { proof: proofOf(held.value, lines) } : {}),
    };
  }

  async report(report: Report = {}): Promise<Answer> {
    const answer = await this.place.post(this.signal(report));
    if (answer.status !== 202) throw new Error(`the signal was refused: ${answer.status} ${answer.text}`);
    return answer;
  }
}

/** Makes the Batch account and, unless told otherwise, its secret. It is configured with the next `deploy`. */
export const place = (rig: Rig, { seed = "primary", ...changes }: PlaceOptions = {}): Place => {
  const name = changes.name ?? "render-weu";
  const batch = rig.batch.addAccount(name.replaceAll("-", ""));
  const secret = { vaultUrl: "https://render.vault.azure.net", name: `${batch.accountName}-batch-key` };
  const config = anAccount({ name, batch, secret, ...changes });
  if (seed !== null) rig.vault.seed(secret, rig.batch.keys(batch)[seed]);
  rig.deploy([...rig.accounts, config]);
  return new Place(rig, config);
};

/** Adopted by the given instances: every one has reported, and the soak is over. */
export const adopt = async (at: Place, instances: readonly Instance[]): Promise<void> => {
  const { rig, config } = at;
  await rig.surface.tick();
  for (const instance of instances) await instance.refresh().report();
  await passing(rig, config.gate.soakMs, instances);
  await rig.surface.tick();
  expect((await at.status()).phase).toBe("idle");
};

/** Time passes, with every instance signalling often enough to stay fresh. */
export const passing = async (rig: Rig, ms: number, instances: readonly Instance[]): Promise<void> => {
  for (let left = ms; left > 0; left -= minutes(5)) {
    rig.clock.advance(Math.min(left, minutes(5)));
    for (const instance of instances) await instance.report();
  }
};
