import type { Instant } from "../time/time";

/** A setting of the app that refers to the account's secret. */
export interface ReferenceSeen {
  readonly setting: string;
  /** The text of the reference, as it is configured. It holds no key. */
  readonly reference: string;
  /** In Azure's words: `Resolved`, or why it is not. */
  readonly status: string;
}

/** A request that is sent until it is answered. */
export interface PlatformRequest {
  /** Times that it was sent. */
  readonly attempts: number;
  /** When it was first answered as wanted; null until then. */
  readonly answeredAt: Instant | null;
  /** Not sent again before this; null before the first time. */
  readonly nextAttemptAt: Instant | null;
  /** What was wrong the last time; null where nothing was. */
  readonly problem: string | null;
}

/** An App Service app (Functions and Logic Apps Standard too) or a slot of one, as Resource Manager shows it. */
export interface AppServiceSeen {
  readonly kind: "appService";
  readonly consumer: string;
  readonly resourceId: string;
  /** The newest version of the secret at that time. Resource Manager does not say which one the app runs on. */
  readonly version: string;
  readonly lookedAt: Instant;
  readonly references: readonly ReferenceSeen[];
  readonly instances: readonly { readonly name: string; readonly state: string }[];
  readonly refresh: PlatformRequest;
  readonly restart: PlatformRequest;
  /** Since when each look has found it in order, without a break; null where the last one has not. */
  readonly goodSince: Instant | null;
}
