import type { Instant } from "../time/time";

/** One identity that has read one version of the secret, by the vault's audit log. */
export interface ReaderSeen {
  /** Object id, in lower case; `unknown` where the log names none. */
  readonly identity: string;
  /** The resource of a managed identity; null where the log does not name it. */
  readonly resource: string | null;
  /** Null where the log does not say which version was handed out: such a read shows nothing. */
  readonly version: string | null;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly reads: number;
  /** Of the last read. */
  readonly address: string | null;
  readonly client: string | null;
}

/** Who has read which version of the secret, the rotator itself left out. */
export interface ReadersSeen {
  readonly kind: "readers";
  /** Those of configured consumers first, then the newest reads first. */
  readonly readers: readonly ReaderSeen[];
  /** How many more there are that are not kept. */
  readonly omitted: number;
  /** Why the log's own answer was not whole; null where it was. */
  readonly incomplete: string | null;
  /** When the log was asked last, answered or not. */
  readonly askedAt: Instant;
  /** Reads up to then are known, as far as the log is on time; null where it has never answered. */
  readonly through: Instant | null;
  /** What went wrong when the log was asked last; null where it has answered. */
  readonly problem: string | null;
}
