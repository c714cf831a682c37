import type { TokenCredential } from "@azure/identity";
import type { ArmAllowances } from "./pipeline";

/** What every client of Resource Manager needs. */
export interface ArmOptions {
  readonly credential: TokenCredential;
  /** Base URL of Resource Manager. */
  readonly armEndpoint: string;
  /** The token's scope, which stays the cloud's whatever the endpoint is. */
  readonly armScope: string;
}

/** Of a client whose requests are about subscriptions. */
export interface SubscriptionArmOptions extends ArmOptions {
  /** Shared with all that asks Resource Manager about the same subscriptions; by default its own. */
  readonly allowances?: ArmAllowances;
}
