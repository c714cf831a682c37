import type { AccountConfig, SecretRef } from "../../lib/rotation/account-config";
import { toInstant } from "../../lib/rotation/time/time";
import type { Received } from "../../lib/signals/receive-signal";
import type { SignalBody } from "../../lib/signals/signal-schema";
import type { World } from "../fakes/world/world";
import { minute } from "./plan-types";

/** One running instance of an app that uses a Batch key. Its fields are facts, whatever it has reported. */
export interface Instance {
  readonly account: number;
  readonly consumer: string;
  readonly id: string;
  readonly offsetMs: number;
  readonly cacheMs: number;
  secret: SecretRef;
  /** The key that signs its Batch calls. */
  value: string | null;
  /** The version that it read the key from; null for a key that was configured manually. */
  version: string | null;
  /** The effect after which it read the version. */
  readAt: number;
  alive: boolean;
  healthy: boolean;
  /** It has been unhealthy at some time. */
  wasUnhealthy: boolean;
  /** Its newest report has been accepted. */
  heard: boolean;
  /** A person opened the gate in spite of it, so its calls may be refused until it reads the vault again. */
  givenUp: boolean;
  /** The number of the report in flight; answers to older ones are ignored. */
  sending: number;
}

const retryMs = 25_000;

/** The name of an app that is no configured consumer and never reports. */
export const silent = "silent";

/** The state of an instance that has not read the vault yet. */
export const unread = {
  version: null,
  readAt: 0,
  alive: true,
  healthy: true,
  wasUnhealthy: false,
  heard: false,
  givenUp: false,
  sending: 0,
} as const;

/**
 * The apps. Each instance reads the newest version at its start and again within `cacheMs`, uses what it read all the
 * time, and reports it at once and then every few minutes. An instance whose report is not accepted reads the vault
 * again before its next report, so none uses a key for long that the rotator does not know of. The README requires
 * this of an app.
 */
export class Instances {
  readonly all: Instance[] = [];
  signals = 0;
  #started = 0;

  constructor(
    private readonly world: World,
    private readonly configOf: (account: number) => AccountConfig,
    private readonly afterChange: (instance: Instance) => void,
  ) {}

  /** `value`: a key configured manually, which it uses until it is moved to the vault. */
  start(account: number, consumer: string, cacheMs: number, secret: SecretRef, value: string | null): Instance {
    const { world } = this;
    const instance: Instance = {
      account,
      consumer,
      id: `i-${(this.#started += 1)}`,
      offsetMs: world.random.between(-2 * minute, 2 * minute),
      cacheMs,
      secret,
      value,
      ...unread,
    };
    this.all.push(instance);
    world.transcript.note(
      this.#name(instance),
      () => `starts${value === null ? "" : ` on ${world.transcript.key(value)}`}`,
    );
    this.#refreshLater(instance, value === null ? 0 : world.random.between(1, 8 * minute));
    if (consumer !== silent) this.#signalLater(instance, world.random.below(20_000));
    return instance;
  }

  /** The same instance with an empty memory. */
  restart(instance: Instance): void {
    this.world.transcript.note(this.#name(instance), () => "restarts");
    this.#read(instance);
  }

  stop(instance: Instance): void {
    instance.alive = false;
    this.world.transcript.note(this.#name(instance), () => "stops");
    this.#leave(instance);
  }

  /** Every second instance reports that it has ended; the others fall silent. */
  #leave(instance: Instance): void {
    const { world } = this;
    if (Number(instance.id.slice(2)) % 2 === 0 || instance.consumer === silent || instance.version === null) return;
    const process = world.random.any(world.processes.filter((candidate) => candidate.serves(world.timeline.now)));
    const config = process?.app.accounts.find(this.configOf(instance.account).name) ?? null;
    if (process === null || config === null) return;
    const answered = (received: Received): void => {
      world.transcript.note(this.#name(instance), () => `reported that it has ended: ${received.kind}`);
    };
    void world.product
      .receiveSignal(process.app, config, this.#body(instance, true))
      .then(answered, (error: unknown) => world.observer.left("error", error));
  }

  living(account: number): readonly Instance[] {
    return this.all.filter((instance) => instance.alive && instance.account === account);
  }

  /** The answer of an app's health URL: all its instances, each with a proof over the nonce. */
  health(account: number, consumer: string, nonce: string): unknown {
    return this.living(account)
      .filter((instance) => instance.consumer === consumer && instance.version !== null)
      .map((instance) => {
        const claims = this.#claims(instance, "");
        const { account: _, at: __, leaving: ___, ...body } = claims;
        return { ...body, proof: this.#proof(claims, nonce, instance) };
      });
  }

  /** A sender without a key reports the newest version in the name of an instance that must send proofs. */
  forge(account: number): void {
    const { world } = this;
    const instance = this.living(account).find((one) => this.#consumer(one)?.proof === "required");
    const newest = instance === undefined ? null : world.vault.newest(instance.secret);
    const process = world.random.any(world.processes.filter((candidate) => candidate.serves(world.timeline.now)));
    const config = process?.app.accounts.find(this.configOf(account).name) ?? null;
    if (instance === undefined || newest === null || process === null || config === null) return;
    const at = toInstant(new Date(world.wallMs));
    const { account: _, ...claims } = { ...this.#claims(instance, at), secretVersion: newest.version, healthy: true };
    const proof = Buffer.alloc(32, 7).toString("base64");
    const answered = (received: Received): void => {
      world.transcript.note("forger", () => `reported as ${instance.id}: ${received.kind}`);
    };
    const send = (forged: Partial<SignalBody>): void =>
      void world.product
        .receiveSignal(process.app, config, { ...claims, detail: null, proof, ...forged })
        .then(answered, () => undefined);
    send({});
    send({ leaving: true, proof: null });
  }

  /** A sender without a key reports an instance as unhealthy, or one that does not exist. */
  slander(account: number, invented: boolean): void {
    const { world } = this;
    const { name, secret } = this.configOf(account);
    const instance = world.random.any(this.living(account).filter((one) => this.#consumer(one) !== undefined));
    const newest = world.vault.newest(secret);
    const process = world.random.any(world.processes.filter((candidate) => candidate.serves(world.timeline.now)));
    const config = process?.app.accounts.find(name) ?? null;
    if (instance === null || newest === null || process === null || config === null) return;
    const at = toInstant(new Date(world.wallMs));
    const { account: _, ...claims } = this.#claims(instance, at);
    const lie = { instance: invented ? "i-0" : instance.id, secretVersion: newest.version, healthy: false };
    const answered = (received: Received): void => {
      world.transcript.note("slanderer", () => `reported ${lie.instance} as unhealthy: ${received.kind}`);
    };
    void world.product
      .receiveSignal(process.app, config, { ...claims, ...lie, detail: null, proof: null })
      .then(answered, () => undefined);
  }

  #refreshLater(instance: Instance, ms: number): void {
    const { timeline, random } = this.world;
    timeline.add(
      timeline.now + ms,
      () => {
        if (!instance.alive) return;
        this.#read(instance);
        this.#refreshLater(instance, Math.floor(instance.cacheMs * (0.3 + 0.7 * random.next())));
      },
      { wakes: false },
    );
  }

  /** Reads the newest version. An instance on a manually configured key moves only to a working key. */
  #read(instance: Instance): void {
    const { world } = this;
    const newest = world.vault.newest(instance.secret);
    if (newest === null || newest.disabledBy !== null || newest.version === instance.version) return;
    if (instance.version === null && instance.value !== null && !world.batch.accepts(newest.value)) return;
    Object.assign(instance, {
      value: newest.value,
      version: newest.version,
      readAt: world.effects,
      heard: false,
      givenUp: false,
    } satisfies Partial<Instance>);
    world.transcript.note(
      this.#name(instance),
      () => `reads ${world.transcript.version(newest.version)} with ${world.transcript.key(newest.value)}`,
    );
    this.afterChange(instance);
    if (instance.consumer !== silent) this.#signalLater(instance, world.random.below(15_000));
  }

  #signalLater(instance: Instance, ms: number): void {
    const { timeline } = this.world;
    const turn = (instance.sending += 1);
    timeline.add(timeline.now + ms, () => {
      if (instance.alive && instance.sending === turn) this.#signal(instance, turn);
    });
  }

  #signal(instance: Instance, turn: number): void {
    const { world } = this;
    const { timeline, random } = world;
    const settled = (accepted: boolean): void => {
      if (instance.sending !== turn) return;
      instance.heard = accepted;
      if (accepted) return this.#signalLater(instance, random.between(8 * minute, 13 * minute));
      this.#signalLater(instance, retryMs);
      timeline.add(timeline.now + retryMs - 1, () => instance.alive && this.#read(instance), { wakes: false });
    };
    // The sender waits a minute for an answer.
    timeline.add(timeline.now + minute, () => settled(false), { wakes: false });
    const process = random.any(world.processes.filter((candidate) => candidate.serves(timeline.now)));
    const config = process?.app.accounts.find(this.configOf(instance.account).name) ?? null;
    if (process === null || config === null || instance.version === null) return;
    this.signals += 1;
    const body = this.#body(instance);
    const heard = (received: Received): void => {
      const accepted = received.kind === "received" && received.answer.accepted;
      world.observer.left("answer", received);
      world.transcript.note(this.#name(instance), () =>
        [
          `reported ${world.transcript.version(body.secretVersion)}:`,
          received.kind === "received" ? accepted : received.reason,
        ].join(" "),
      );
      settled(accepted);
    };
    const failed = (error: unknown): void => {
      world.observer.left("error", error);
      settled(false);
    };
    void world.product.receiveSignal(process.app, config, body).then(heard, failed);
  }

  #body(instance: Instance, leaving = false): SignalBody {
    const at = toInstant(new Date(this.world.wallMs + instance.offsetMs));
    const claims = { ...this.#claims(instance, at), leaving };
    const { account: _, ...body } = claims;
    const proves = this.#consumer(instance)?.proof === "required";
    return { ...body, detail: null, proof: proves ? this.#proof(claims, null, instance) : null };
  }

  #claims(instance: Instance, at: string) {
    return {
      account: this.configOf(instance.account).name,
      consumer: instance.consumer,
      instance: instance.id,
      secretVersion: instance.version ?? "",
      healthy: instance.healthy,
      leaving: false,
      at,
    };
  }

  #proof(claims: Parameters<World["product"]["proofMessage"]>[0], nonce: string | null, instance: Instance): string {
    return this.world
      .key(instance.value ?? "")
      .sign(this.world.product.proofMessage(claims, nonce))
      .toString("base64");
  }

  #consumer(instance: Instance) {
    return this.configOf(instance.account).gate.consumers.find(({ name }) => name === instance.consumer);
  }

  #name({ consumer, id }: Instance): string {
    return `${consumer}/${id}`;
  }
}
