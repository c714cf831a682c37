import type { PlatformBase } from "./platform-base";
import type { Instant } from "../time/time";

/** Both lists of an app may refer to a vault. A refresh is known for app settings alone. */
export const referenceLists = ["appSettings", "connectionStrings"] as const;
export type ReferenceList = (typeof referenceLists)[number];

/** A setting of the app that refers to the account's secret. */
export interface ReferenceSeen {
  readonly list: ReferenceList;
  readonly setting: string;
  /** The version that it is fixed to; null where it follows the newest one. */
  readonly pinnedTo: string | null;
  /** In Azure's words: `Resolved`, or why it is not. */
  readonly status: string;
}

/** A request that is sent until it is answered as wanted. */
export interface PlatformRequest {
  /** Times that it was sent. */
  readonly attempts: number;
  /** When it was answered as wanted; null until then. */
  readonly answeredAt: Instant | null;
  /** Not sent again before this; null where nothing keeps it from being sent. */
  readonly nextAttemptAt: Instant | null;
  /** Why it was not answered so the last time, or is not sent yet; null where nothing is known to be in the way. */
  readonly problem: string | null;
}

export const notAsked: PlatformRequest = { attempts: 0, answeredAt: null, nextAttemptAt: null, problem: null };

/** An App Service app (Functions and Logic Apps Standard too) or a slot of one, as Resource Manager shows it. */
export interface AppServiceSeen extends PlatformBase {
  readonly kind: "appService";
  readonly references: readonly ReferenceSeen[];
  readonly instances: readonly { readonly name: string; readonly state: string }[];
  readonly refresh: PlatformRequest;
  readonly restart: PlatformRequest;
  /** How long a process from before a restart may still run, in milliseconds. */
  readonly overlapMs: number;
}
