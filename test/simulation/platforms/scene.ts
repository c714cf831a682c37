import type { AccountConfig } from "../../../lib/rotation/account-config";
import type { VersionFact } from "../../fakes/world/fake-vault";
import type { HeldSecret } from "../../emulators/platforms/container-app";
import type { World } from "../../fakes/world/world";

/** A process of an app, and the key that it signs its calls with. */
export interface AppProcess {
  readonly name: string;
  readonly value: string;
}

/** A platform with the app of one consumer on it. */
export interface Actor {
  readonly consumer: AccountConfig["gate"]["consumers"][number];
  /** Begins to live in its account. */
  begin(scene: Scene): void;
  /** The processes that run at this moment. */
  processes(): readonly AppProcess[];
}

/** What an actor sees of its history. */
export interface Scene {
  readonly world: World;
  readonly config: AccountConfig;
  /** Whether nothing fails any more. */
  readonly isCalm: () => boolean;
}

export const minute = 60_000;
export const hour = 60 * minute;

/** Runs something again and again, after `firstMs` and then every `everyMs()`. */
export const repeat = ({ world }: Scene, firstMs: number, everyMs: () => number, run: () => void): void => {
  const { timeline } = world;
  const again = (ms: number): void => {
    timeline.add(
      timeline.now + ms,
      () => {
        run();
        again(everyMs());
      },
      { wakes: false },
    );
  };
  again(firstMs);
};

export const newestOf = ({ world, config }: Scene): VersionFact => {
  const newest = world.vault.newest(config.secret);
  if (newest === null) throw new Error(`${config.name} has no secret`);
  return newest;
};

export const heldOf = ({ version, value }: VersionFact): HeldSecret => ({ version, value });

/** The same as everybody sees them: true time. */
export const nowOf =
  ({ world }: Scene) =>
  (): Date =>
    new Date(world.wallMs);
