import type { AccountConfig } from "./account-config";
import { noKeyEvents } from "./key-events";
import type { RotationRecord } from "./record";
import { nothingNoted } from "./noted";
import { toInstant } from "./time/time";

/** The record of an account that has never been seen. */
export const firstRecord = (config: AccountConfig, now: Date): RotationRecord => ({
  account: config.name,
  resourceId: config.batch.resourceId,
  secret: config.secret,
  accountEndpoint: null,
  configuration: null,
  state: { phase: "adopting", active: null, approval: null },
  phaseClock: { since: toInstant(now), pausedSince: null, pausedMs: 0 },
  pause: null,
  rollback: null,
  claim: null,
  quarantine: null,
  failure: null,
  hold: null,
  searched: null,
  contest: null,
  reconciledAt: null,
  keyEvents: noKeyEvents,
  readAtOnce: null,
  noted: nothingNoted,
  dueAgainAt: null,
  restart: null,
  lastRotation: null,
  publishing: { outbox: [], announcedThrough: 0, alarms: [], deliveries: [] },
  chain: { sequence: 0, hash: null, prunedThrough: 0 },
});

/** Azure compares resource ids without case. */
export const isSameResource = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** Whether the record was made for what the configuration names now. */
export const isFor = (record: RotationRecord, config: AccountConfig): boolean =>
  isSameResource(record.resourceId, config.batch.resourceId) &&
  record.secret.vaultUrl.toLowerCase() === config.secret.vaultUrl.toLowerCase() &&
  record.secret.name.toLowerCase() === config.secret.name.toLowerCase();
