import { EmulatedAppService } from "../../emulators/platforms/app-service";
import { type Actor, type AppProcess, hour, minute, newestOf, nowOf, repeat, type Scene } from "./scene";

const setting = "AZURE_BATCH_ACCOUNT_KEY";

/**
 * An app of App Service that keeps what its reference came to for 24 hours, unless it is refreshed. It is scaled out
 * and in, people restart it in the belief that this reads the vault, its instances are not ready for a time, and its
 * references cannot be resolved.
 */
export class AppServiceActor implements Actor {
  #app: EmulatedAppService | null = null;

  constructor(readonly consumer: Actor["consumer"]) {}

  begin(scene: Scene): void {
    const { world, config } = scene;
    const { random, timeline } = world;
    let names = 0;
    let isDenied = false;
    const app = new EmulatedAppService(
      {
        now: nowOf(scene),
        fetch: () => {
          const { version, value } = newestOf(scene);
          return isDenied ? { status: "AccessToKeyVaultDenied" } : { status: "Resolved", version, value };
        },
        createName: () => `i${(names += 1)}`,
      },
      { instances: random.between(1, 3) },
    );
    this.#app = app;
    const { platform } = this.consumer;
    if (platform?.kind !== "appService") throw new Error("it is on no App Service");
    app.configure(setting, `@Microsoft.KeyVault(SecretUri=${config.secret.vaultUrl}/secrets/${config.secret.name})`);
    world.platforms.appServices.set(platform.resourceId, app);
    repeat(
      scene,
      random.below(40 * minute),
      () => random.between(10, 90) * minute,
      () => {
        if (random.chance(0.2)) app.restart();
        else app.scale(random.between(1, 4));
      },
    );
    repeat(
      scene,
      random.below(hour),
      () => random.between(30, 240) * minute,
      () => {
        const instance = scene.isCalm() ? null : random.any(app.instances);
        if (instance === null) return;
        instance.state = random.pick(["STOPPED", "UNKNOWN"]);
        timeline.add(timeline.now + random.between(1, 12) * minute, () => void (instance.state = "READY"));
      },
    );
    repeat(
      scene,
      random.below(hour),
      () => random.between(1, 6) * hour,
      () => {
        if (scene.isCalm()) return;
        isDenied = true;
        timeline.add(timeline.now + random.between(1, 40) * minute, () => void (isDenied = false));
      },
    );
  }

  /** An instance whose reference was not resolved has no key, and makes no call. */
  processes(): readonly AppProcess[] {
    return (this.#app?.instances ?? []).flatMap(({ name, held }) => {
      const got = held.get(setting);
      return got?.status === "Resolved" ? [{ name, value: got.value }] : [];
    });
  }
}
