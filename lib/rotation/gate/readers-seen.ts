import type { Instant } from "../time/time";

/** One identity that has read one version of the secret, by the vault's audit log. */
export interface ReaderSeen {
  /** Object id; null where the log does not name it. */
  readonly identity: string | null;
  /** The resource of a managed identity; null where the log does not name it. */
  readonly resource: string | null;
  readonly version: string;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly reads: number;
  readonly address: string | null;
  readonly client: string | null;
}

/** Who has read which version of the secret. */
export interface ReadersSeen {
  readonly kind: "readers";
  readonly readers: readonly ReaderSeen[];
  /** What the log says about reads up to then. */
  readonly through: Instant;
}
