import type { Limits } from "../limits";
import { CorruptRecordError } from "../errors";
import type { CallOptions, Ports, Stored } from "../ports";
import { claimIsAbsurd } from "../rotation/claim";

/**
 * The record of an account as it is stored. Throws `CorruptRecordError` too where its claim would block the account for longer than any
 * driver could hold it: it is not taken away, as it could be somebody's, but it is told.
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
    `its claim lasts until ${stored.record.claim?.until}, far longer than any driver may hold one, so a hand or a wrong clock wrote it: set "claim" to null in the record's JSON`,
  );
};
