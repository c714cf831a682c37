import { callOptions } from "../limits";
import type { ConfigError } from "../errors";
import { withoutKeys } from "../redact";
import { configurationInvalid } from "../rotation/events/notice";
import { type NotifierPorts, notificationDelayed, publishNotice } from "./publish-notice";

export interface ConfigurationAlarm {
  /** What the settings allow: the tables and the webhook, or neither. */
  readonly notifier: NotifierPorts;
  /** Where the tables cannot be reached. */
  readonly logOnly: NotifierPorts;
  readonly remindEveryMs: number;
}

/**
 * One run of the timer with settings that the app cannot run with: one line with the problems, and the alarm like any
 * other.
 */
export const alarmConfigurationInvalid = async (
  alarm: ConfigurationAlarm,
  problems: ConfigError["problems"],
): Promise<void> => {
  const { log, clock } = alarm.notifier.ports;
  // A place in the configuration holds names that were typed.
  const shown = problems.map(({ at, problem }) => ({ at: withoutKeys(at), problem: withoutKeys(problem) }));
  const detail = shown.map(({ at, problem }) => `${at}: ${problem}`).join("; ");
  log.write("error", { event: "ConfigurationState", reason: "ConfigurationInvalid", detail, problems: shown });
  const publish = async ({ ports, callMs }: NotifierPorts): Promise<void> => {
    const all = await ports.notices.list(callOptions(clock, callMs));
    await publishNotice(
      { ports, callMs },
      {
        account: null,
        known: all.find(({ notice }) => notice.account === null) ?? null,
        found: [configurationInvalid(detail, clock.now())],
        remindEveryMs: alarm.remindEveryMs,
      },
    );
  };
  try {
    await publish(alarm.notifier);
  } catch (error) {
    log.write("warn", notificationDelayed(null, error));
    await publish(alarm.logOnly);
  }
};
