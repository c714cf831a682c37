import { EmulatedContainerApp } from "../../emulators/platforms/container-app";
import { type Actor, type AppProcess, heldOf, minute, newestOf, nowOf, repeat, type Scene } from "./scene";

const syncEveryMs = 30 * minute;

/**
 * A Container App that syncs every 30 minutes in its own phase. It is scaled out and in, its replicas are not ready for
 * a time, people restart its revision in the belief that this reads the vault, and syncs fail.
 *
 * A sync fails only where a replica from before the newest version runs, and until it succeeds again none of those is
 * replaced. Otherwise nothing that Resource Manager shows distinguishes a failed sync from a good one:
 * docs/safety.md names this among the remaining risks.
 */
export class ContainerAppActor implements Actor {
  #app: EmulatedContainerApp | null = null;
  #fails = false;

  constructor(readonly consumer: Actor["consumer"]) {}

  begin(scene: Scene): void {
    const { world } = scene;
    const { random } = world;
    let names = 0;
    const app = new EmulatedContainerApp({
      now: nowOf(scene),
      readVault: () => (this.#fails ? null : heldOf(newestOf(scene))),
      createName: () => `r${(names += 1)}`,
    });
    this.#app = app;
    const revision = app.deploy("one", random.chance(0.8) ? "environment" : "both", random.between(1, 3));
    const { platform } = this.consumer;
    if (platform === null) throw new Error("it is on no platform");
    const keyVaultUrl = `${scene.config.secret.vaultUrl}/secrets/${scene.config.secret.name}`;
    world.platforms.containerApps.set(platform.resourceId, { app, secretName: "batch-key", keyVaultUrl });
    const isOld = (): boolean =>
      app.replicas.some(
        ({ createdAt, endsAt }) => endsAt === null && createdAt.getTime() < newestOf(scene).createdAtMs,
      );
    repeat(
      scene,
      random.below(syncEveryMs),
      () => syncEveryMs,
      () => {
        this.#fails = !scene.isCalm() && isOld() && random.chance(0.1);
        app.sync();
      },
    );
    const change = (): void => {
      if (this.#fails) return;
      if (random.chance(0.2)) app.restart(revision);
      else app.scale(revision, random.between(1, 4));
    };
    repeat(scene, random.below(40 * minute), () => random.between(10, 90) * minute, change);
    repeat(
      scene,
      random.below(40 * minute),
      () => random.between(30, 240) * minute,
      () => {
        const replica = scene.isCalm() ? null : random.any(app.replicas);
        if (replica === null) return;
        replica.isReady = false;
        world.timeline.add(world.timeline.now + random.between(1, 12) * minute, () => void (replica.isReady = true));
      },
    );
  }

  processes(): readonly AppProcess[] {
    return (this.#app?.replicas ?? []).map(({ name, held }) => ({ name, value: held.value }));
  }
}
