import type { AccountConfig } from "../../lib/rotation/account-config";
import type { Process } from "../fakes/world/process";
import type { World } from "../fakes/world/world";
import type { Instances } from "./instances";

/** The state that an act works on. */
export interface Stage {
  readonly world: World;
  readonly instances: Instances;
  /** The configuration that the operators want; a process gets it at its next deployment. */
  readonly wanted: AccountConfig[];
  readonly deploy: (process: Process) => void;
}

export const configOf = ({ wanted }: Stage, account: number): AccountConfig => {
  const config = wanted[account];
  if (config === undefined) throw new Error(`no account ${account} in this history`);
  return config;
};

export const later = ({ world }: Stage, ms: number, run: () => void): void => {
  world.timeline.add(world.timeline.now + ms, run);
};
