import type { ContainerApps, DataFactories, Ports } from "../ports";
import { containerAppSyncMs } from "../rotation/gate/container-app";
import { containerAppLook } from "./container-app-look";
import { dataFactoryLook } from "./data-factory-look";
import type { Looker } from "./looker";
import { platformLooker } from "./platform-looker";

export interface LookerPorts extends Pick<Ports, "signals"> {
  readonly containerApps: ContainerApps;
  readonly dataFactories: DataFactories;
}

/** All that ask other services who uses which key. */
export const lookersOf = (ports: LookerPorts, syncMs = containerAppSyncMs): readonly Looker[] => [
  platformLooker(ports, containerAppLook(ports.containerApps, syncMs)),
  platformLooker(ports, dataFactoryLook(ports.dataFactories)),
];
