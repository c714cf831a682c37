/** The key that an app uses. */
export interface Held {
  readonly version: string;
  readonly key: string;
}

/** The consumers of a run. */
export interface KeyUsers {
  /** The keys that they use at this moment. */
  readonly holds: readonly Held[];
  /** Whether the rotator may have seen that all of them have changed to this version. */
  hasMovedTo(version: string): boolean;
  /** Reads the vault, where they do so by themselves. */
  refresh(): void;
  /** True where they have nothing new to report. */
  readonly isQuiet: boolean;
  /** Reports to the rotator. Throws if that fails. */
  signal(): Promise<unknown>;
}
