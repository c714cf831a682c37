import type { Limits } from "./driver/advance";
import type { Ports } from "./ports";
import type { AccountConfig } from "./rotation/account-config";
import type { VersionCache } from "./signals/version-cache";

/** Everything a trigger needs, once the settings are known to be good. */
export interface App {
  readonly ports: Ports;
  readonly limits: AppLimits;
  readonly accounts: readonly AccountConfig[];
  readonly versions: VersionCache;
  readonly emulated: boolean;
}

export interface AppLimits extends Limits {
  /** A tick begins no new step after this many milliseconds: well before the host ends the function. */
  readonly tickMs: number;
  /** An HTTP request takes no new step after this many milliseconds: well before the platform cuts its answer. */
  readonly requestMs: number;
  /** How long a request waits for another driver's claim, in milliseconds. */
  readonly claimWaitMs: number;
}
