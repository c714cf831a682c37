import type { OperatorAction } from "../../lib/operations/operate-account";
import type { StatusBody } from "../../lib/operations/status/status";
import type { AccountConfig } from "../../lib/rotation/account-config";
import type { FleetState } from "../../lib/rotation/fleet/fleet-state";
import { aFleetFailure } from "../builders/fleet";
import { proofOf } from "../builders/proof";
import { minutes } from "../builders/time";
import { type AccountOptions, type HeldVersion, PlacedAccount, Rig, type RigOptions } from "./rig";
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

  /** A scheduled rotation of this account has failed now, as the fleet's row has it. */
  async failInFleet(account: string): Promise<void> {
    const failure = aFleetFailure(account, "10:00", { at: this.clock.at });
    const change = (state: FleetState): FleetState => ({ ...state, failures: [...state.failures, failure] });
    await this.app.ports.fleet.update(change, { signal: new AbortController().signal });
  }

  override fireTimer(): Promise<void> {
    return this.surface.tick();
  }
}

export const openRig = async (options: RigOptions = {}): Promise<ServedRig> =>
  new ServedRig(await openSurface(), { wanted: null, ...options });

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

/** One Batch account under rotation, with the requests that the app accepts about it. */
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

  async phase(): Promise<StatusBody["phase"]> {
    return (await this.status()).phase;
  }

  async waitingFor(): Promise<StatusBody["waitingFor"]> {
    return (await this.status()).waitingFor;
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

  /** An instance of the default consumer, by its number. */
  vm(number = 1): Instance {
    return this.instance("render-api", `vm-${number}`);
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

export interface AdoptedPlace {
  readonly at: Place;
  readonly vm: Instance;
}

export const place = (rig: ServedRig, options: AccountOptions = {}): Place => new Place(rig, rig.configure(options));

/** Every given instance reports, and the soak passes. Each holds the adopted version until it refreshes. */
export const adopt = async (at: Place, instances: readonly Instance[]): Promise<void> => {
  const { rig, config } = at;
  await rig.surface.tick();
  for (const instance of instances) await instance.refresh().report();
  await passing(rig, config.gate.soakMs, instances);
  await rig.surface.tick();
  expect(await at.phase()).toBe("idle");
};

/** Adopted by `render-api/vm-1`, which holds the adopted version until it refreshes. */
export const adopted = async (rig: ServedRig, options: AccountOptions = {}): Promise<AdoptedPlace> => {
  const at = place(rig, options);
  const vm = at.vm();
  await adopt(at, [vm]);
  return { at, vm };
};

/** The same with a rotation that waits at its gate for the instance. */
export const published = async (rig: ServedRig, options: AccountOptions = {}): Promise<AdoptedPlace> => {
  const staged = await adopted(rig, options);
  expect((await staged.at.rotate()).status).toBe(202);
  expect(await staged.at.phase()).toBe("published");
  return staged;
};

/** The instant `ms` milliseconds after another. */
export const plus = (instant: string, ms: number): string => new Date(Date.parse(instant) + ms).toISOString();

/** Advances the clock; every instance signals often enough to stay fresh. */
export const passing = async (rig: ServedRig, ms: number, instances: readonly Instance[]): Promise<void> => {
  for (let left = ms; left > 0; left -= minutes(5)) {
    rig.clock.advance(Math.min(left, minutes(5)));
    for (const instance of instances) await instance.report();
  }
};
