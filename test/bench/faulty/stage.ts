import type { TokenCredential } from "@azure/identity";
import { createCredential } from "../../../lib/azure/sdk/credential";
import { minutes } from "../../builders/time";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import type { Vault } from "../../emulators/vault";
import * as product from "../../fakes/world/product";
import { World } from "../../fakes/world/world";
import { planFaults } from "../fault-plan";
import { FleetOfApps } from "../fleet-of-apps";

export const seed = 2026;
export const accounts = 20;
export const stepMs = minutes(5);

export interface Account {
  readonly name: string;
  readonly secretName: string;
  readonly resourceId: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
}

export interface Outcome {
  readonly rotations: number;
  readonly completed: number;
  readonly refused: number;
  readonly answered: number;
}

/** One clock, which both sides move on, and one set of emulators with a set of accounts for each side. */
export class Stage {
  readonly world = new World({ product, signals: "real" });

  private constructor(
    readonly emulators: Emulators,
    readonly vault: Vault,
    readonly credential: TokenCredential,
  ) {}

  static async open(): Promise<Stage> {
    const nowOf: { world?: World } = {};
    const emulators = await startEmulators({ now: () => nowOf.world?.clock.now() ?? new Date() });
    Object.assign(process.env, emulators.env);
    const authorityHost = "https://login.microsoftonline.com";
    const credential = createCredential({ env: emulators.env, clientId: null, authorityHost });
    const stage = new Stage(emulators, await emulators.addVault("keys"), credential);
    nowOf.world = stage.world;
    return stage;
  }

  /** Accounts whose vault holds the primary key, with the faults that the seed gives to their numbers. */
  place(side: string): readonly Account[] {
    return Array.from({ length: accounts }, (_, number) => {
      const { name, ...rest } = this.emulators.batch.addAccount({ name: `${side}${number}` });
      const secretName = `${name}-batch-key`;
      this.vault.seed(secretName, { value: this.emulators.batch.keys(name).primary });
      planFaults(this.emulators.faults, seed, number, [name, secretName]);
      return { name, secretName, ...rest };
    });
  }

  get nowMs(): number {
    return this.world.timeline.now;
  }

  apps(list: readonly Account[]): FleetOfApps {
    return new FleetOfApps(this.emulators, this.vault, list, seed);
  }

  passed(apps: FleetOfApps): void {
    this.world.clock.advance(stepMs);
    apps.passed(this.nowMs);
  }
}
