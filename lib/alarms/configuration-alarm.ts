import { callOptions } from "../limits";
import type { ConfigError } from "../errors";
import { freeText } from "../outgoing/redact";
import { configurationInvalid } from "../rotation/events/notice";
import { type NotifierPorts, notificationDelayed, publishNotice } from "./publish-notice";

export interface ConfigurationAlarm {
  /** What the settings allow: the tables and the webhook, or neither. */
  readonly notifier: NotifierPorts;
  /** Where the tables cannot be reached. */
  readonly logOnly: NotifierPorts;
  readonly remindEveryMs: number;
}

/** Why settings are reported: the app cannot run with them, or goes on without them. */
type SettingsReason = "ConfigurationInvalid" | "SettingUnresolved";

/** The line of each run of the timer while settings are wrong. */
export const configurationState = (reason: SettingsReason, problems: ConfigError["problems"]) => {
  // A place in the configuration holds names that were typed.
  const shown = problems.map(({ at, problem }) => ({ at: freeText(at), problem: freeText(problem) }));
  const detail = shown.map(({ at, problem }) => `${at}: ${problem}`).join("; ");
  return { event: "ConfigurationState", reason, detail, problems: shown };
};

/**
 * One run of the timer with settings that the app cannot run with: one line with the problems, and the alarm like any
 * other.
 */
export const alarmConfigurationInvalid = async (
  alarm: ConfigurationAlarm,
  problems: ConfigError["problems"],
): Promise<void> => {
  const { log, clock } = alarm.notifier.ports;
  const line = configurationState("ConfigurationInvalid", problems);
  log.write("error", line);
  const publish = async ({ ports, callMs }: NotifierPorts): Promise<void> => {
    const all = await ports.notices.list(callOptions(clock, callMs));
    await publishNotice(
      { ports, callMs },
      {
        account: null,
        known: all.find(({ notice }) => notice.account === null) ?? null,
        found: [configurationInvalid(line.detail, clock.now())],
        remindEveryMs: alarm.remindEveryMs,
        // Nothing is known of the fleet.
        undetermined: ["FleetStopped"],
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
