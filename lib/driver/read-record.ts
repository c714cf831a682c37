import type { Limits } from "../limits";
import { CorruptRecordError } from "../errors";
import type { CallOptions, Ports, Stored } from "../ports";
import { claimIsAbsurd } from "../rotation/claim";

/**
 * The stored record of an account. Also throws `CorruptRecordError` where its claim would block the account for longer
 * than any driver could hold it. Such a claim is not removed, because a driver could own it; it is reported.
 */
export const readRecord = async (
  { rotations, clock }: Pick<Ports, "rotations" | "clock">,
  { claimMs }: Pick<Limits, "claimMs">,
  account: string,
  call: CallOptions,
): Promise<Stored | null> => {
  const stored = await rotations.read(account, call);
  if (stored === null || !claimIsAbsurd(stored.record, claimMs, clock.now())) return stored;
  throw new CorruptRecordError(
    account,
    `its claim lasts until ${stored.record.claim?.until}, far longer than any driver may hold one, so it was ` +
      `edited manually or written with a wrong clock: set "claim" to null in the record's JSON`,
  );
};
