import { type KeyOperation, maxListings, maxRegenerations } from "../rotation/key-events";
import type { RotationRecord } from "../rotation/record";

/** What the events of one account ask for, of one delivery or of several that were merged. */
export interface Findings {
  /** A key was regenerated, or too much was sent to know it in detail. */
  readonly mustLook: boolean;
  /** Versions that were added to the secret. */
  readonly added: readonly string[];
  /** Versions that expire, or have. */
  readonly expiring: readonly string[];
  readonly regenerations: readonly KeyOperation[];
  readonly listings: readonly KeyOperation[];
}

export const noFindings: Findings = { mustLook: false, added: [], expiring: [], regenerations: [], listings: [] };

/** More than this many versions mean a look in any case. */
const maxVersions = 10;

/** Both together, in bounded memory however many events are sent. */
export const merged = (one: Findings, other: Findings): Findings => {
  const added = [...new Set([...one.added, ...other.added])];
  const expiring = [...new Set([...one.expiring, ...other.expiring])];
  return {
    mustLook: one.mustLook || other.mustLook || added.length > maxVersions || expiring.length > maxVersions,
    added: added.slice(0, maxVersions),
    expiring: expiring.slice(0, maxVersions),
    regenerations: distinct([...one.regenerations, ...other.regenerations], ({ id }) => id).slice(-maxRegenerations),
    listings: distinct([...one.listings, ...other.listings], ({ identity }) => identity).slice(0, maxListings),
  };
};

const distinct = (
  operations: readonly KeyOperation[],
  by: (operation: KeyOperation) => string,
): readonly KeyOperation[] => [...new Map(operations.map((operation) => [by(operation), operation])).values()];

/**
 * Whether vault and live keys are to be compared. Not for the version that the rotator has published itself, and not
 * for one that apps no longer read: Key Vault reports the expiry of disabled versions too.
 */
export const wantsLook = ({ mustLook, added, expiring }: Findings, { state }: RotationRecord): boolean => {
  const version = state.active?.version ?? null;
  return mustLook || added.some((each) => each !== version) || expiring.some((each) => each === version);
};
