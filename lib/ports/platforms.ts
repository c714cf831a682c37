import type { BatchAccountRef, SecretRef } from "../rotation/account-config";
import type { AppServiceSeen, ReferenceSeen } from "../rotation/platforms/app-service-seen";
import type { ContainerAppShown } from "../rotation/platforms/container-app";
import type { DataFactoryShown } from "../rotation/platforms/data-factory";
import type { CallOptions } from "./call";

/** Container Apps, as Resource Manager shows them. */
export interface ContainerApps {
  /** Throws as every read does. `call`: a limit for each request. */
  look(resourceId: string, secret: SecretRef, call: () => CallOptions): Promise<ContainerAppShown>;
}

/** Linked services of Data Factories, as Resource Manager shows them. */
export interface DataFactories {
  /** Throws as every read does. `call`: a limit for each request. */
  look(
    service: { readonly resourceId: string; readonly linkedService: string },
    batch: BatchAccountRef,
    secret: SecretRef,
    call: () => CallOptions,
  ): Promise<DataFactoryShown>;
}

/** App Service, Functions and Logic Apps Standard, as Resource Manager shows them: apps and slots of apps. */
export interface AppServices {
  /** The app settings and connection strings that refer to the secret. Throws as every read does. */
  references(resourceId: string, secret: SecretRef, options: CallOptions): Promise<readonly ReferenceSeen[]>;
  /** Instances that run. Throws as every read does. */
  instances(resourceId: string, options: CallOptions): Promise<AppServiceSeen["instances"]>;
  /**
   * Has the platform read the references in app settings again, which restarts the app. Returns these as they are then.
   * Throws `OutcomeUnknownError` too; to ask twice does no more harm than one more restart.
   */
  refresh(resourceId: string, secret: SecretRef, options: CallOptions): Promise<readonly ReferenceSeen[]>;
  /** Restarts the app, and returns once it has. It reads nothing again. Throws as `refresh` does. */
  restart(resourceId: string, options: CallOptions): Promise<void>;
}
