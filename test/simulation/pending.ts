const strict = process.env["SIMULATION_STRICT"] === "1";

/** Rules and conditions that the app does not keep yet; the setting SIMULATION_STRICT=1 judges by them all the same. */
export const pending = {
  /** With probing on, a key is published only after a signed call with it. */
  provenPublications: strict,
  /** A repair never publishes a key that Batch does not accept. */
  acceptedRepairs: strict,
  /** A roll-back publishes the previous key only. */
  rollBackToPrevious: strict,
  /** The replica of a fail-over does not know the recorded version either. */
  replicaForgets: strict,
  /** During a fail-over the recorded version may be disabled, or a roll-back be asked for. */
  staleReads: strict,
  /** Lists of keys may be behind. */
  listsBehind: strict,
  /** A secret of another account is never overwritten. */
  foreignSecrets: strict,
};
