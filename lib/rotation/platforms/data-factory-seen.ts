import type { PlatformBase } from "./platform-base";
import type { Instant } from "../time/time";

/** How the linked service has the key of the Batch account. */
export type LinkedKeySeen =
  /** A reference to the account's secret. */
  | { readonly kind: "reference"; readonly pinnedTo: string | null }
  /** The key itself, which nothing renews. */
  | { readonly kind: "copy" }
  /** Anything else. `what`: a sentence without its subject, the linked service. */
  | { readonly kind: "unclear"; readonly what: string };

/** A Custom activity that has not ended. */
export interface ActivitySeen {
  readonly activity: string;
  readonly pipelineRun: string;
  /** Null where Data Factory does not say it. */
  readonly startedAt: Instant | null;
}

/** A linked service of a Data Factory, and the oldest of the Custom activities that may use it. */
export interface DataFactorySeen extends PlatformBase {
  readonly kind: "dataFactory";
  readonly linkedService: string;
  readonly key: LinkedKeySeen;
  readonly oldest: ActivitySeen | null;
}
