import type { AppServiceSeen } from "../platforms/app-service-seen";
import type { ContainerAppSeen } from "../platforms/container-app-seen";
import type { DataFactorySeen } from "../platforms/data-factory-seen";
import type { ReadersSeen } from "./readers-seen";
import type { InstanceReport } from "./signals";

/** What a platform shows of one consumer. */
export type PlatformSeen = AppServiceSeen | ContainerAppSeen | DataFactorySeen;

/** What the rotator has seen itself, as it is stored. */
export type Sight = ReadersSeen | PlatformSeen;

/** Which sight of an account: there is one of its readers, and one of each consumer on a platform. */
export type SightName = "readers" | `platform:${string}`;

export const sightName = (sight: Sight): SightName =>
  sight.kind === "readers" ? "readers" : `platform:${sight.consumer}`;

/** What is known about who uses which key, at one instant. */
export interface Sightings {
  readonly reports: readonly InstanceReport[];
  /** Null where it has never been asked, or cannot be read. */
  readonly readers: ReadersSeen | null;
  readonly platforms: readonly PlatformSeen[];
}

export const nothingSeen: Sightings = { reports: [], readers: null, platforms: [] };

export const sightingsOf = (reports: readonly InstanceReport[], sights: readonly Sight[]): Sightings => ({
  reports,
  readers: sights.find((sight) => sight.kind === "readers") ?? null,
  platforms: sights.filter((sight) => sight.kind !== "readers"),
});
