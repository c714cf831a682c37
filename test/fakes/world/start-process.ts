import type { App } from "../../../lib/app";
import type { AppLimits } from "../../../lib/limits";
import type { Ports } from "../../../lib/ports/ports";
import type { AccountSettings } from "../../../lib/rotation/account-config";
import { limits } from "../limits";
import { portsOf } from "./ports";
import { discoveriesPort, graphPort } from "./discovery-ports";
import { platformsOf } from "./platform-ports";
import { type Death, type DiscoveryOptions, Process } from "./process";
import type { World } from "./world";

export interface StartOptions {
  readonly name?: string;
  readonly limits?: Partial<AppLimits>;
  readonly emulated?: boolean;
  /** Replacements for ports of the world. */
  readonly ports?: Partial<Ports>;
  readonly death?: Death | null;
  /** Optional settings that the platform has not resolved. */
  readonly unresolved?: App["unresolved"];
  readonly fleet?: App["fleet"];
  readonly lookers?: (ports: Ports, process: Process) => App["lookers"];
  /** How accounts are found by a tag; none are by default. */
  readonly discovery?: Pick<DiscoveryOptions, "config" | "profiles">;
}

/** A process of the function app in this world. */
export const startProcess = (
  world: World,
  accounts: readonly AccountSettings[],
  {
    name = "p1",
    limits: change,
    emulated = true,
    ports,
    death = null,
    unresolved = [],
    discovery,
    lookers = (given, of) => world.product.lookersOf({ ...given, ...platformsOf(world, of) }),
    ...rest
  }: StartOptions = {},
): Process => {
  const clock = world.newClock();
  const { product } = world;
  const all = { ...limits, ...change };
  const options = { name, clock, product, limits: all, emulated, death, unresolved, lookers, ...rest };
  const process = new Process(options);
  process.ports = { ...portsOf(world, process), ...ports };
  if (discovery !== undefined) {
    const ofGraph = { graph: graphPort(world, process), discoveries: discoveriesPort(world, process) };
    process.discovery = { ...discovery, ports: ofGraph };
  }
  process.deploy(accounts);
  world.processes.push(process);
  return process;
};
