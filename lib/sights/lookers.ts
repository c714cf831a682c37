import type { AppServices, ContainerApps, DataFactories } from "../ports/platforms";
import type { Ports } from "../ports/ports";
import { appServiceOverlapMs } from "../rotation/platforms/app-service";
import { containerAppSyncMs } from "../rotation/platforms/container-app";
import { appServiceLook } from "./app-service-look";
import { containerAppLook } from "./container-app-look";
import { dataFactoryLook } from "./data-factory-look";
import type { Looker } from "./looker";
import { platformLooker } from "./platform-looker";
import { type ReaderPorts, readersLooker } from "./readers-looker";

interface LookerPorts extends ReaderPorts {
  readonly log: Ports["log"];
  readonly appServices: AppServices;
  readonly containerApps: ContainerApps;
  readonly dataFactories: DataFactories;
}

/** All that ask other services who uses which key. */
export const lookersOf = (ports: LookerPorts, syncMs = containerAppSyncMs): readonly Looker[] => [
  ...readersLooker(ports),
  platformLooker(ports, appServiceLook(ports, Math.min(appServiceOverlapMs, syncMs))),
  platformLooker(ports, containerAppLook(ports.containerApps, syncMs)),
  platformLooker(ports, dataFactoryLook(ports.dataFactories)),
];
