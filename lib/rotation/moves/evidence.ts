import type { EventDraft, Evidence } from "../events/events";
import type { Grade } from "../gate/grades";
import type { Searched } from "../gate/key-copies";
import type { ReadersSeen } from "../gate/readers-seen";
import { type InstanceReport, platformInstance } from "../gate/signals";
import type { DeathProof, Slot } from "../phases";
import type { Instant } from "../time/time";

/*
 * What events say about proofs and confirmations. All of it is derived from what has happened, nothing from the
 * configuration: what was not proven says so.
 */

/** A version of the secret, and when the vault made it. */
export interface FoundVersion {
  readonly version: string;
  readonly createdAt: Instant;
}

/**
 * A version of the secret, the id of the request that made it where this rotator did, and what Batch answered to a
 * signed call with its key in the same step; absent where no such call was due.
 */
export interface PublishedAs extends FoundVersion {
  readonly requestId?: string | null;
  /** The URL of the secret. */
  readonly secret?: string;
  readonly answer?: "accepted" | "notAsked" | "unanswered";
}

export const published = (
  slot: Slot,
  { version, createdAt, secret, requestId, answer }: PublishedAs,
  why: string,
): EventDraft => {
  const proof = newKeyProof(answer);
  const unproven = answer === undefined || proof.notProven === null ? "" : `; not proven: ${proof.notProven}`;
  return {
    event: "KeyPublished",
    detail: `${slot} key published as version ${version}: ${why}${unproven}`,
    evidence: {
      slot,
      version,
      createdAt,
      ...(secret === undefined ? {} : { secret }),
      requestId: requestId ?? null,
      ...proof,
    },
  };
};

const newKeyProof = (answer: PublishedAs["answer"]): { provenBy: string | null; notProven: string | null } => {
  if (answer === "accepted") return { provenBy: "a signed call with this key was accepted", notProven: null };
  const why = answer === "unanswered" ? "Batch did not answer" : "none was made";
  return { provenBy: null, notProven: `no signed call with this key was accepted: ${why}` };
};

/** An instance, or the platform of a consumer, that has shown the new key in use, and by what evidence. */
export interface Confirmation
  extends Pick<InstanceReport, "consumer" | "instance" | "at" | "secretVersion" | "healthy" | "proven"> {
  readonly evidence: Grade;
}

/** How a gate came to be open. */
export interface Opening {
  /** In spite of which check; null in the plain case. */
  readonly override: string | null;
  /** What opened it. */
  readonly confirmations: readonly Confirmation[];
  /** The last search of the account for copies of the key that dies next; null where there was none. */
  readonly searched: Searched | null;
  /** Who had read which version by then, by the vault's audit log; null or absent where it is not known. */
  readonly readers?: ReadersSeen | null;
}

/** Why the gate was open in spite of a check, as the end of a sentence. */
export const overrideSuffix = (override: string | null): string => (override === null ? "" : `; ${override}`);

/** What no search has seen, as the end of a sentence. */
export const unsearchedSuffix = (searched: Searched | null): string =>
  searched === null || searched.incomplete === null
    ? ""
    : `; the account was not searched in full for copies of the key: ${searched.incomplete}`;

/** Who confirmed, as the end of a sentence. */
export const confirmedBy = ({ override, confirmations, searched }: Opening): string => {
  const platforms = confirmations.filter(({ instance }) => instance === platformInstance).length;
  const count = confirmations.length - platforms;
  const instances = `${count === 1 ? "1 instance has" : `${count} instances have`} confirmed it`;
  const beside = platforms === 0 ? "" : `, and the platform of ${platforms === 1 ? "1 app" : `${platforms} apps`}`;
  return `${instances}${beside}${overrideSuffix(override)}${unsearchedSuffix(searched)}`;
};

/** An audit needs no more than these; a hundred confirmations take up to 37,000 characters. */
const maxOverride = 2_000;
const maxConfirmations = 100;
const maxReaders = 50;

const searchEvidence = (searched: Searched | null): Evidence =>
  searched === null
    ? {}
    : {
        searchedAt: searched.at,
        searchFound: searched.detail.slice(0, maxOverride),
        searchIncomplete: searched.incomplete,
      };

/** Nothing where the log is not asked. */
const readersEvidence = (readers: ReadersSeen | null): Evidence =>
  readers === null
    ? {}
    : {
        readersThrough: readers.through,
        readersCount: readers.readers.length + readers.omitted,
        readers: readers.readers
          .slice(0, maxReaders)
          .map(({ identity, resource, version, firstAt, lastAt, reads }) => ({
            identity,
            resource,
            version,
            firstAt,
            lastAt,
            reads,
          })),
      };

export const openingEvidence = ({ override, confirmations, searched, readers = null }: Opening): Evidence => ({
  ...readersEvidence(readers),
  override: override?.slice(0, maxOverride) ?? null,
  ...searchEvidence(searched),
  confirmedInstances: confirmations.length,
  confirmations: confirmations
    .slice(0, maxConfirmations)
    .map(({ consumer, instance, at, secretVersion, healthy, proven, evidence }) => ({
      consumer,
      instance,
      at,
      secretVersion,
      healthy,
      proven,
      evidence,
    })),
});

const proofs: Readonly<Record<DeathProof["by"], string>> = {
  signedCall: "a signed call with the old key was refused",
  comparison: "the old key is neither live key",
};

const notProvenDead = "its secret version was disabled or gone before the key could be tried";

export const oldKeyInWords = (proof: DeathProof | null): string =>
  proof === null ? `the old key was not proven dead: ${notProvenDead}` : `the old key is dead: ${proofs[proof.by]}`;

/** Only what has happened: a proof that was recorded, or that there is none. */
export const oldKeyEvidence = (proof: DeathProof | null): Evidence => ({
  provenDeadBy: proof === null ? null : proofs[proof.by],
  provenDeadAt: proof?.at ?? null,
  notProvenDead: proof === null ? notProvenDead : null,
});
