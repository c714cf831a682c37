/** What the history says already of what was seen. It is written with the events, so each comes once. */
export interface Noted {
  /** Who reads the secret, at an adoption. */
  readonly readers: boolean;
  /** The version that `refreshed` is about; null for none. */
  readonly version: string | null;
  /** Consumers whose platform has read that version because the rotator asked it to. */
  readonly refreshed: readonly string[];
}

export const nothingNoted: Noted = { readers: false, version: null, refreshed: [] };
