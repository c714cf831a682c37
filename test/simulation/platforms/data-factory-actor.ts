import { type ActivityRun, EmulatedDataFactory } from "../../emulators/platforms/data-factory";
import { type Actor, type AppProcess, heldOf, minute, newestOf, nowOf, repeat, type Scene } from "./scene";

/** A Data Factory whose pipelines run Custom activities, some of them for hours. */
export class DataFactoryActor implements Actor {
  #factory: EmulatedDataFactory | null = null;

  constructor(readonly consumer: Actor["consumer"]) {}

  begin(scene: Scene): void {
    const { world, config } = scene;
    const { random, timeline } = world;
    let ids = 0;
    const factory = new EmulatedDataFactory({
      now: nowOf(scene),
      readVault: () => heldOf(newestOf(scene)),
      createId: () => `run-${(ids += 1)}`,
    });
    this.#factory = factory;
    const { platform } = this.consumer;
    if (platform?.kind !== "dataFactory") throw new Error("it is on no Data Factory");
    factory.vaults.set("Vault1", `${config.secret.vaultUrl}/`);
    const key = { kind: "reference", store: "Vault1", secretName: config.secret.name } as const;
    factory.linkedServices.set(platform.linkedService, { accountName: config.batch.accountName, key });
    world.platforms.dataFactories.set(platform.resourceId, factory);
    repeat(
      scene,
      random.below(10 * minute),
      () => random.between(3, 25) * minute,
      () => {
        const run = factory.startRun();
        factory.startActivity(run, "copies", null);
        // The pipeline has other work first.
        timeline.add(timeline.now + random.below(5 * minute), () => {
          factory.startActivity(run, "renders", random.chance(0.8) ? platform.linkedService : "AzureBatch2");
        });
        const lastsMs = random.chance(0.05) ? random.between(60, 200) * minute : random.between(6, 30) * minute;
        timeline.add(timeline.now + lastsMs, () => factory.end(run));
      },
    );
  }

  processes(): readonly AppProcess[] {
    const running = (this.#factory?.runs ?? []).flatMap(({ activities }) => activities.filter(isRunning));
    return running.flatMap(({ name, held }) => (held === null ? [] : [{ name, value: held.value }]));
  }
}

const isRunning = ({ endsAt }: ActivityRun): boolean => endsAt === null;
