import type { Limits } from "../limits";
import { CorruptRecordError, RecordElsewhereError } from "../errors";
import type { CallOptions } from "../ports/call";
import type { Ports } from "../ports/ports";
import type { Stored } from "../ports/rotations";
import type { AccountConfig } from "../rotation/account-config";
import { claimIsAbsurd } from "../rotation/claim";
import { isSameResource } from "../rotation/first-record";

/**
 * The stored record of an account. Throws `CorruptRecordError` too where its claim would block the account for longer
 * than any driver could hold it. Such a claim is not removed, because a driver could own it; it is reported. Throws
 * `RecordElsewhereError` where another record is for the same Batch account: that one knows what is under way.
 */
export const readRecord = async (
  { rotations, clock }: Pick<Ports, "rotations" | "clock">,
  { claimMs }: Pick<Limits, "claimMs">,
  { name, batch }: AccountConfig,
  call: CallOptions,
): Promise<Stored | null> => {
  const stored = await rotations.read(name, call);
  if (stored === null || !isSameResource(stored.record.resourceId, batch.resourceId)) {
    const names = await rotations.ofBatchAccount(batch.resourceId, call);
    const other = names.find((each) => each !== name);
    if (other !== undefined) throw new RecordElsewhereError(name, other);
  }
  if (stored === null || !claimIsAbsurd(stored.record, claimMs, clock.now())) return stored;
  throw new CorruptRecordError(
    name,
    `its claim lasts until ${stored.record.claim?.until}, far longer than any driver may hold one, so it was ` +
      `edited manually or written with a wrong clock: set "claim" to null in the record's JSON`,
  );
};
