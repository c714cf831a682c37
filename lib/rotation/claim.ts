import { days } from "./time/units";
import type { Claim, Quarantine, RotationRecord } from "./record";
import { latest, msBetween, plusMs, toInstant } from "./time/time";

/** Whether another driver may be at work on this record. */
export const claimIsLive = (record: RotationRecord, now: Date): boolean =>
  record.claim !== null && record.claim.until > toInstant(now);

/**
 * How much the clocks of two drivers may differ, jumps included: a quarter of a claim, which is 90 seconds by default.
 */
export const maxClockDifferenceMs = (claimMs: number): number => claimMs / 4;

/**
 * How long the holder may still send requests, by its own clock; nothing or negative once it must stop. By the clock of
 * its successor the claim may end earlier, so the holder stops early enough for any clock.
 */
export const msToSend = ({ until }: Claim, claimMs: number, now: Date): number =>
  msBetween(toInstant(now), until) - maxClockDifferenceMs(claimMs);

/** Another release may hold a claim for longer than this one, and clocks may differ. */
const toleratedMs = days(1);

/** A claim that no driver can have taken, and that would keep all of them out for as long as it says. */
export const claimIsAbsurd = ({ claim }: RotationRecord, claimMs: number, now: Date): boolean =>
  claim !== null && msBetween(toInstant(now), claim.until) > claimMs + toleratedMs;

/**
 * The record under a new claim. Behind an expired unsettled claim a driver has stopped in mid-step: its request may be
 * applied as late as `quarantineMs` after the claim's end, so no key is regenerated before that.
 */
export const claimed = (record: RotationRecord, claim: Claim, quarantineMs: number): RotationRecord => ({
  ...record,
  claim,
  quarantine:
    record.claim === null
      ? record.quarantine
      : quarantined(record.quarantine, {
          slot: record.claim.intent?.slot ?? null,
          since: record.claim.until,
          until: plusMs(record.claim.until, quarantineMs),
        }),
});

/** The stricter of two quarantines: the later end, and a slot where either names one. */
export const quarantined = (known: Quarantine | null, added: Quarantine): Quarantine =>
  known === null || known.until <= added.since
    ? added
    : { slot: added.slot ?? known.slot, since: added.since, until: latest(known.until, added.until) };

/** Null once it has ended. */
export const activeQuarantine = (record: RotationRecord, now: Date): Quarantine | null =>
  record.quarantine !== null && record.quarantine.until > toInstant(now) ? record.quarantine : null;

/** The record once its holder's regenerate is no longer on its way. */
export const withoutIntent = (record: RotationRecord): RotationRecord =>
  record.claim === null || record.claim.intent === null
    ? record
    : { ...record, claim: { ...record.claim, intent: null } };
