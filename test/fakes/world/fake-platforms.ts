import type { EmulatedAppService } from "../../emulators/platforms/app-service";
import type { ContainerAppForm } from "../../emulators/platforms/container-apps";
import type { EmulatedContainerApp } from "../../emulators/platforms/container-app";
import type { EmulatedDataFactory } from "../../emulators/platforms/data-factory";

export interface PlacedApp extends ContainerAppForm {
  readonly app: EmulatedContainerApp;
}

/** The resources of other services behind Resource Manager, by resource id. */
export class FakePlatforms {
  readonly appServices = new Map<string, EmulatedAppService>();
  readonly containerApps = new Map<string, PlacedApp>();
  readonly dataFactories = new Map<string, EmulatedDataFactory>();
}
