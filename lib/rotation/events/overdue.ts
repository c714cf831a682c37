import type { AccountConfig } from "../account-config";
import { heldUntil } from "../fleet/hold";
import type { RotationRecord } from "../record";
import { nextDueAt } from "../schedule";
import { earliest, type Instant, plusMs, toInstant } from "../time/time";
import { hours } from "../time/units";
import { firstClosing } from "../time/window";
import { type AccountView, heldByFleet } from "../waiting";

/**
 * When a due rotation that has not started counts as overdue: at the end of its first window, or an hour later where
 * there is none.
 */
export const overdueAt = (record: RotationRecord, config: AccountConfig): Instant | null => {
  const dueAt = nextDueAt(record, config);
  if (dueAt === null) return null;
  return config.window === null ? plusMs(dueAt, hours(1)) : firstClosing(config.window, new Date(dueAt));
};

/** What was held back has a whole window of its own from then on, or an hour. */
const overdueAfterHold = ({ window }: AccountConfig, heldTo: Instant): Instant =>
  window === null ? plusMs(heldTo, hours(1)) : firstClosing(window, new Date(firstClosing(window, new Date(heldTo))));

/**
 * What the fleet holds back is not overdue: one alarm says that a fleet is stopped, not one for each account. Once the
 * secret has expired, it is.
 */
export const overdueSince = (input: AccountView): Instant | null => {
  const { record, config, fleet = null, now } = input;
  const { state } = record;
  const [dueAt, since] = [nextDueAt(record, config), overdueAt(record, config)];
  if (state.active === null || dueAt === null || since === null) return null;
  const expiresAt = plusMs(state.active.publishedAt, config.expireAfterMs);
  if (heldByFleet(input) !== null) return expiresAt;
  const heldTo = record.restart === null ? heldUntil(config.fleet, fleet, now) : null;
  return heldTo === null || heldTo <= dueAt ? since : earliest(overdueAfterHold(config, heldTo), expiresAt);
};

/** Due, and it should have started by now. */
export const isOverdue = (input: AccountView): boolean => {
  const since = overdueSince(input);
  return since !== null && toInstant(input.now) >= since;
};
