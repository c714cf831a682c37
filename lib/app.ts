import type { AccountDirectory } from "./account-directory";
import type { Problem } from "./errors";
import type { EventMemory } from "./events/event-memory";
import type { AppLimits } from "./limits";
import type { AttentionCache } from "./page/model/attention-cache";
import type { Ports } from "./ports/ports";
import type { FleetConfig } from "./rotation/fleet/fleet-config";
import type { Looker } from "./sights/looker";
import type { InstanceCounts } from "./signals/instance-counts";
import type { RefusedProofLimiter } from "./signals/refused-proof-limiter";
import type { ReportCache } from "./signals/report-cache";
import type { VersionCache } from "./signals/version-cache";

/** Everything a trigger needs, once the settings are known to be good. */
export interface App {
  readonly ports: Ports;
  readonly limits: AppLimits;
  readonly accounts: AccountDirectory;
  readonly fleet: FleetConfig;
  /** Memory of this process. */
  readonly versions: VersionCache;
  readonly attention: AttentionCache;
  readonly reports: ReportCache;
  readonly instances: InstanceCounts;
  readonly refusedProofs: RefusedProofLimiter;
  /** Ask other services who uses which key. */
  readonly lookers: readonly Looker[];
  readonly events: EventMemory;
  readonly emulated: boolean;
  /** Optional settings that hold references which the platform has not resolved. */
  readonly unresolved: readonly Problem[];
}
