import type { Published } from "../phases";
import { toInstant } from "../time/time";
import { confirmedBy, type Opening, openingEvidence, published, type PublishedAs } from "./evidence";
import type { Move } from "./move";

/** First sight of an account whose newest version holds one of the live keys already: nothing is written. */
export const foundPublished = (active: Published, accountEndpoint: string, now: Date): Move => ({
  state: { phase: "adopting", active, approval: null },
  events: [],
  also: { accountEndpoint, reconciledAt: toInstant(now) },
});

/** First sight of an account whose secret held no live key: the primary was published unchanged. */
export const publishedAtFirstSight = (
  active: Published,
  accountEndpoint: string,
  why: string,
  as: PublishedAs,
  now: Date,
): Move => ({
  ...foundPublished(active, accountEndpoint, now),
  events: [published(active.slot, as, why)],
});

/** The gate was open, so no app uses the other key as far as is known. */
export const adopted = (active: Published, opening: Opening): Move => ({
  state: { phase: "idle", active },
  events: [
    {
      event: "Adopted",
      detail: `the ${active.slot} key, version ${active.version}, is adopted; ${confirmedBy(opening)}`,
      evidence: { slot: active.slot, version: active.version, ...openingEvidence(opening) },
    },
  ],
});
