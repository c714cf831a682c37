import type { OperatorAction } from "../../lib/operations/operate-account";
import type { StatusBody } from "../../lib/operations/status";
import type { AccountConfig } from "../../lib/rotation/account-config";
import { minutes } from "../builders/time";
import { type AccountOptions, type HeldVersion, PlacedAccount, proofOf, Rig, type RigOptions } from "./rig";
import { type Answer, openSurface, type Surface } from "./surface";

/** A rig whose app is reached by its HTTP surface and its timer. */
export class ServedRig extends Rig {
  constructor(
    readonly surface: Surface,
    options: RigOptions,
  ) {
    super(options);
    this.start();
  }

  override start(options?: Parameters<Rig["start"]>[0]): ReturnType<Rig["start"]> {
    const process = super.start(options);
    this.surface.use(process.app);
    return process;
  }
}

export const openRig = async (options: RigOptions = {}): Promise<ServedRig> =>
  new ServedRig(await openSurface(), { wanted: null, ...options });

export type PlaceOptions = AccountOptions;

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

/** One Batch account under rotation, and everything that can be asked of the app about it. */
export class Place extends PlacedAccount {
  constructor(
    override readonly rig: ServedRig,
    config: AccountConfig,
  ) {
    super(rig, config);
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

export const place = (rig: ServedRig, options: AccountOptions = {}): Place => new Place(rig, rig.configure(options));

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
export const passing = async (rig: ServedRig, ms: number, instances: readonly Instance[]): Promise<void> => {
  for (let left = ms; left > 0; left -= minutes(5)) {
    rig.clock.advance(Math.min(left, minutes(5)));
    for (const instance of instances) await instance.report();
  }
};
