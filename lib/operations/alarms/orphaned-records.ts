import type { App } from "../../app";
import { CorruptRecordError } from "../../errors";
import { callOptions } from "../../limits";
import type { AccountConfig } from "../../rotation/account-config";
import { isSameResource } from "../../rotation/first-record";
import { type Phase, rotationOf } from "../../rotation/phases";
import type { RotationRecord } from "../../rotation/record";

/** A record that no configured account owns: no process drives it, so nothing that it asks for happens any more. */
export interface OrphanedRecord {
  readonly account: string;
  /** Null, like the members below, where the record cannot be read. */
  readonly resourceId: string | null;
  readonly secret: { readonly vaultUrl: string; readonly name: string; readonly version: string | null } | null;
  readonly phase: Phase | null;
  readonly rotationId: string | null;
  /** Whether a leaked key may still be alive because of this. */
  readonly retireAfterPending: boolean | null;
  /** What was under way, and the remedy. */
  readonly detail: string;
}

/** By account. */
export const readOrphanedRecords = async ({
  ports,
  limits,
  accounts: directory,
}: App): Promise<readonly OrphanedRecord[]> => {
  const accounts = directory.list();
  const { records, unreadable } = await ports.rotations.list(callOptions(ports.clock, limits.callMs));
  const configured = new Set(accounts.map(({ name }) => name));
  return [
    ...records.filter(({ account }) => !configured.has(account)).map((record) => orphanOf(record, accounts)),
    ...unreadable.filter((account) => !configured.has(account)).map(unreadableOrphan),
  ].toSorted((one, other) => (one.account < other.account ? -1 : 1));
};

/** One of them; null where the record is gone. */
export const readOrphanedRecord = async (
  { ports, limits, accounts }: App,
  account: string,
): Promise<OrphanedRecord | null> => {
  try {
    const stored = await ports.rotations.read(account, callOptions(ports.clock, limits.callMs));
    return stored === null ? null : orphanOf(stored.record, accounts.list());
  } catch (error) {
    if (error instanceof CorruptRecordError) return unreadableOrphan(account);
    throw error;
  }
};

const orphanOf = (record: RotationRecord, accounts: readonly AccountConfig[]): OrphanedRecord => {
  const { account, resourceId, secret, state, restart } = record;
  const rotation = rotationOf(state);
  const proven = "proof" in state && state.proof !== null;
  const retireAfterPending = ((rotation ?? restart)?.retireAfterMs ?? null) !== null && !proven;
  return {
    account,
    resourceId,
    secret: { ...secret, version: state.active?.version ?? null },
    phase: state.phase,
    rotationId: rotation?.id ?? null,
    retireAfterPending,
    detail: `${underWay(record, retireAfterPending)}; ${remedy(record, accounts)}`,
  };
};

const underWay = ({ state, resourceId }: RotationRecord, retireAfterPending: boolean): string => {
  const rotation = rotationOf(state);
  const what =
    rotation === null
      ? `the keys of ${resourceId} are no longer rotated (phase ${state.phase})`
      : `rotation ${rotation.id} of ${resourceId} stopped in phase ${state.phase}`;
  return retireAfterPending ? `${what}, and the leaked key that it was to retire may still be alive` : what;
};

const remedy = ({ account, resourceId }: RotationRecord, accounts: readonly AccountConfig[]): string => {
  const successor = accounts.find(({ batch }) => isSameResource(batch.resourceId, resourceId));
  return successor === undefined
    ? `configure this Batch account as ${account} again; ${orDelete(account)}`
    : `the configuration names this Batch account ${successor.name}: name it ${account} again; ${orDelete(account)}`;
};

const orDelete = (account: string): string =>
  `or, where its keys are no longer this rotator's, delete the row with PartitionKey ${account} in the Rotations table`;

const unreadableOrphan = (account: string): OrphanedRecord => ({
  account,
  resourceId: null,
  secret: null,
  phase: null,
  rotationId: null,
  retireAfterPending: null,
  detail: `its record cannot be read: configure the account as ${account} again; ${orDelete(account)}`,
});
