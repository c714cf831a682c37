import { anAccount } from "../../builders/account";
import type { Operation } from "../../fakes/world/faults";
import type { Process } from "../../fakes/world/process";
import * as product from "../../fakes/world/product";
import { startProcess } from "../../fakes/world/start-process";
import { World } from "../../fakes/world/world";
import { type Measure, row } from "../row";

/** Injected, in milliseconds of virtual time. */
const latency = { arm: 150, vault: 40, dataPlane: 60, tables: 10 } as const;
type Service = keyof typeof latency;

const serviceOf = (operation: Operation): Service | null => {
  if (operation === "batch.probe" || operation === "batch.search") return "dataPlane";
  if (operation.startsWith("batch.")) return "arm";
  if (operation.startsWith("secrets.")) return "vault";
  return /^(rotations|signals|history|notices)\./.test(operation) ? "tables" : null;
};

const latencyOf = (operation: Operation): number => {
  const service = serviceOf(operation);
  return service === null ? 0 : latency[service];
};

/** What has to happen one after the other, and cannot be left out. */
const untilPublished: readonly (readonly [Service, string])[] = [
  ["tables", "read the record"],
  ["tables", "take the claim"],
  ["vault", "which version is the newest"],
  ["arm", "which keys are live"],
  ["tables", "write the intent"],
  ["vault", "is it still the newest"],
  ["arm", "regenerate the key that no app uses"],
  ["tables", "write what is true now"],
  ["dataPlane", "prove the new key"],
  ["vault", "publish it"],
];
const fromSignal: readonly (readonly [Service, string])[] = [
  ["tables", "read the record"],
  ["tables", "read the report that is there"],
  ["tables", "write the report"],
  ["tables", "take the claim"],
  ["vault", "which version is the newest"],
  ["arm", "which keys are live"],
  ["tables", "write the intent"],
  ["vault", "is it still the newest"],
  ["arm", "regenerate the old key"],
];
const appReads: readonly (readonly [Service, string])[] = [["vault", "the app reads the new version"]];

const sumOf = (path: readonly (readonly [Service, string])[]): number =>
  path.reduce((sum, [service]) => sum + latency[service], 0);

const config = anAccount({ gate: { soakMs: 0 } });

/** One adopted account, and one prompt app: it reads a new version when it is there, and reports at once. */
class Stage {
  readonly world = new World({ product, latencyMs: latencyOf });
  readonly process: Process;

  constructor() {
    const { batch, vault } = this.world;
    batch.create(config.batch.resourceId);
    const { primary } = batch.liveKeys(config.batch);
    vault.add(config.secret, { value: primary, by: "initial", createdAtMs: this.world.wallMs, effect: 0 });
    this.process = startProcess(this.world, [config]);
  }

  get now(): number {
    return this.world.timeline.now;
  }

  /** Resolves with the time of the next effect of this operation. */
  next(operation: Operation): Promise<number> {
    return new Promise((resolve) => {
      const off = this.world.faults.onEffect((done) => {
        if (done !== operation) return;
        off();
        resolve(this.now);
      });
    });
  }

  async report(): Promise<void> {
    const version = this.world.vault.newest(config.secret)?.version ?? "";
    const at = this.world.clock.at;
    const signal = {
      consumer: "render-api",
      instance: "vm-1",
      secretVersion: version,
      healthy: true,
      leaving: false,
      at,
    };
    await product.receiveSignal(this.process.app, config, { ...signal, detail: null, proof: null });
  }

  async adopt(): Promise<this> {
    await this.process.ticker.tick();
    await this.report();
    await this.process.ticker.tick();
    return this;
  }

  rotate(): Promise<unknown> {
    const demand = { reason: "the key is in a log", retireAfterMs: null, idempotencyKey: null, by: "operator:bench" };
    return product.rotateOnDemand(this.process.app, config, demand);
  }
}

/** From the request to the regenerate of the old key, with an app that answers at once. */
const urgentMs = async (): Promise<number> => {
  const stage = await new Stage().adopt();
  const began = stage.now;
  const published = stage.next("secrets.publish");
  const asked = stage.rotate();
  await published;
  await stage.world.clock.sleep(latency.vault, new AbortController().signal);
  const dead = stage.next("batch.regenerate");
  const [at] = await Promise.all([dead, stage.report(), asked]);
  return at - began;
};

/** From the last report that the gate waited for to the regenerate of the old key. */
const signalMs = async (): Promise<number> => {
  const stage = await new Stage().adopt();
  await stage.rotate();
  const began = stage.now;
  const dead = stage.next("batch.regenerate");
  const [at] = await Promise.all([dead, stage.report()]);
  return at - began;
};

const compared = (what: string, ms: number, idealMs: number) =>
  row("12", what, ms / idealMs, {
    unit: "×",
    bound: 1.5,
    note: `${ms} ms; ${idealMs} ms is the sum of the injected latencies on the critical path; virtual time`,
  });

export const urgent: Measure = {
  name: "urgent",
  title: "urgent: from a request to the death of the old key",
  run: async () => [
    compared(
      "urgent request to dead old key",
      await urgentMs(),
      sumOf([...untilPublished, ...appReads, ...fromSignal]),
    ),
    compared("last needed signal to regenerate", await signalMs(), sumOf(fromSignal)),
  ],
};
