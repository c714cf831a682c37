import type { PlatformBase } from "./platform-base";
import type { Instant } from "../time/time";

/** A secret of the app that refers to the account's secret. */
interface AppSecretSeen {
  readonly name: string;
  /** The version that it is fixed to; null where it follows the newest one. */
  readonly pinnedTo: string | null;
}

/** How the containers of a revision take those secrets: a file of a volume changes under a process that goes on. */
export type SecretUse = "environment" | "volume" | "none";

/** An active revision. */
export interface RevisionSeen {
  readonly name: string;
  readonly use: SecretUse;
  /** How long a replica that is replaced may still run, in milliseconds. */
  readonly graceMs: number;
  readonly replicas: readonly ReplicaSeen[];
}

export interface ReplicaSeen {
  readonly name: string;
  readonly createdAt: Instant;
  /** The platform says that it runs, and that each of its containers is ready. */
  readonly isRunning: boolean;
}

/** A Container App, as Resource Manager shows it. It does not say which version of the secret the app holds. */
export interface ContainerAppSeen extends PlatformBase {
  readonly kind: "containerApp";
  readonly secrets: readonly AppSecretSeen[];
  readonly revisions: readonly RevisionSeen[];
  /** By then the platform has read the vault since the publication, whatever the phase of the app is. */
  readonly syncedBy: Instant;
  /** Only the sync was still to come when it was looked at. */
  readonly awaitsSync: boolean;
}
