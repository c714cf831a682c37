import { advance } from "../../driver/advance";
import type { App } from "../../app";
import { callOptions } from "../../limits";
import type { StoredNotice } from "../../ports/notices";
import type { AccountConfig } from "../../rotation/account-config";
import { recordUnusable } from "../../rotation/events/notice";
import type { StatusBody } from "../status/status";
import { type Subject, notificationDelayed, publishNotice } from "../../alarms/publish-notice";

/** A notice that cannot be published now is published at the next tick. */
export const publishOrDelay = async ({ ports, limits }: App, subject: Subject): Promise<StoredNotice | null> => {
  try {
    return await publishNotice({ ports, callMs: limits.callMs }, subject);
  } catch (error) {
    ports.log.write("warn", notificationDelayed(subject.account, error));
    return null;
  }
};

/**
 * The alarm of an account whose record cannot be used, stored apart from that record, which is never changed.
 * `unusable` is null once the record can be used, or is gone.
 */
export const alarmCorruptRecord = async (
  app: App,
  config: AccountConfig,
  known: StoredNotice | null,
  unusable: StatusBody["blocked"],
): Promise<void> => {
  if (known === null && unusable === null) return;
  const { remindEveryMs } = config;
  const found = unusable === null ? [] : [recordUnusable(unusable, app.ports.clock.now())];
  const published = await publishOrDelay(app, { account: config.name, known, found, remindEveryMs });
  if (published !== null && unusable === null && published.notice.pendingHistory.length > 0)
    await flushBacklog(app, config, published);
};

/**
 * Moves pending events to the history, which needs a record that can be read, and removes from the notice what the
 * history has.
 */
const flushBacklog = async (app: App, config: AccountConfig, { notice, etag }: StoredNotice): Promise<void> => {
  const { ports, limits } = app;
  try {
    const driven = await advance(ports, limits, config, {
      by: "schedule",
      stop: AbortSignal.abort(),
      claimWaitMs: 0,
      backlog: notice.pendingHistory,
    });
    if (driven.kind !== "driven" || !driven.recorded) return;
    await ports.notices.write({ ...notice, pendingHistory: [] }, etag, callOptions(ports.clock, limits.callMs));
  } catch (error) {
    ports.log.write("warn", notificationDelayed(config.name, error));
  }
};
