import { passingClock } from "../../builders/passing-clock";
import { AzureBatchKeys } from "../../../lib/azure/batch/batch-keys";
import { KeyVaultSecrets } from "../../../lib/azure/key-vault/key-vault-secrets";
import type { AccountConfig } from "../../../lib/rotation/account-config";
import { aConsumer, anAccount } from "../../builders/account";
import { hours } from "../../builders/time";
import { isTableWrite, type Operation, operations } from "../../fakes/world/faults";
import type { Process } from "../../fakes/world/process";
import * as product from "../../fakes/world/product";
import { Random } from "../../fakes/world/random";
import { startProcess } from "../../fakes/world/start-process";
import type { World } from "../../fakes/world/world";
import type { FleetOfApps } from "../fleet-of-apps";
import { accounts, type Outcome, seed, type Stage, stepMs } from "./stage";

const givenUpAfterMs = hours(24);

const ofTables = (operation: Operation): boolean => /^(rotations|signals|history|notices)\./.test(operation);

/** Five of a hundred calls of the tables fail, and two lose their answer: the script has no tables. */
const planTableFaults = (world: World): void => {
  const random = new Random(seed);
  for (const operation of operations.filter(ofTables)) {
    for (let nth = 1; nth <= 20_000; nth++) {
      const draw = random.next();
      if (draw < 0.05) world.faults.place({ operation, nth, fault: { kind: "refused", retryAfterMs: null } });
      else if (draw < 0.07 && isTableWrite(operation)) world.faults.place({ operation, nth, fault: { kind: "lost" } });
    }
  }
};

/** The rotator on its own adapters, with a tick every five minutes. */
class Rotator {
  readonly process: Process;
  readonly configs: readonly AccountConfig[];
  readonly apps: FleetOfApps;

  constructor(private readonly stage: Stage) {
    const list = stage.place("ours");
    this.apps = stage.apps(list);
    this.configs = list.map(({ name, secretName, resourceId, resourceGroup, subscriptionId }) =>
      anAccount({
        name,
        batch: { resourceId, resourceGroup, subscriptionId, accountName: name },
        secret: { vaultUrl: stage.vault.url, name: secretName },
        gate: { consumers: [aConsumer({ instances: 2 })] },
      }),
    );
    const { credential, emulators, world } = stage;
    const arm = { credential, armEndpoint: emulators.armUrl, armScope: "https://management.azure.com/.default" };
    const ports = {
      batch: new AzureBatchKeys({ ...arm, clock: passingClock(world.clock) }),
      secrets: new KeyVaultSecrets({ credential, emulated: true }),
    };
    this.process = startProcess(world, this.configs, { ports });
  }

  /** Five minutes: the apps go on and report, then the timer fires. */
  async step(): Promise<void> {
    this.stage.passed(this.apps);
    await Promise.all(this.configs.map((config, index) => this.#report(config, index)));
    await this.process.ticker.tick();
  }

  async #report(config: AccountConfig, index: number): Promise<void> {
    for (const [instance, app] of this.apps.apps.slice(index * 2, index * 2 + 2).entries()) {
      const signal = { consumer: "render-api", instance: `vm-${instance}`, secretVersion: app.version, healthy: true };
      const at = this.stage.world.clock.at;
      // An app that gets no answer reports again in five minutes.
      await product
        .receiveSignal(this.process.app, config, { ...signal, leaving: false, at, detail: null, proof: null })
        .catch(() => null);
    }
  }

  phases(): readonly string[] {
    const { rotations } = this.stage.world.tables;
    return this.configs.map(({ name }) => rotations.get(name)?.record.state.phase ?? "none");
  }

  async untilIdle(stop: AbortSignal): Promise<void> {
    const began = this.stage.nowMs;
    do {
      stop.throwIfAborted();
      await this.step();
    } while (this.phases().some((phase) => phase !== "idle") && this.stage.nowMs - began < givenUpAfterMs);
  }

  /** Asks for a rotation of each account, again every five minutes until the request is accepted, as people do. */
  async rotateAll(round: number, stop: AbortSignal): Promise<void> {
    let open = this.configs;
    while (open.length > 0) {
      const refused: AccountConfig[] = [];
      for (const config of open) if (!(await this.#demand(config, round))) refused.push(config);
      open = refused;
      stop.throwIfAborted();
      if (open.length > 0) await this.step();
    }
  }

  async #demand(config: AccountConfig, round: number): Promise<boolean> {
    const demand = { reason: "bench", retireAfterMs: null, idempotencyKey: `round-${round}`, by: "operator:bench" };
    const demanded = await product.rotateOnDemand(this.process.app, config, demand).catch(() => null);
    return demanded?.kind === "accepted";
  }

  completed(): number {
    const { tables } = this.stage.world;
    return this.configs.reduce(
      (sum, { name }) => sum + tables.events(name).filter(({ event }) => event === "RotationCompleted").length,
      0,
    );
  }
}

export const runRotator = async (stage: Stage, rounds: number, stop: AbortSignal): Promise<Outcome> => {
  const rotator = new Rotator(stage);
  await rotator.untilIdle(stop);
  planTableFaults(stage.world);
  for (let round = 0; round < rounds; round++) {
    await rotator.rotateAll(round, stop);
    await rotator.untilIdle(stop);
  }
  for (let after = 0; after < hours(12); after += stepMs) stage.passed(rotator.apps);
  const { refused, answered } = rotator.apps;
  return { rotations: rounds * accounts, completed: rotator.completed(), refused, answered };
};
