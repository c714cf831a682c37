import type { ConfigError } from "../errors";
import { withoutKeys } from "../redact";
import { configurationInvalid } from "../rotation/events/notice";
import { type Telling, tellingDelayed, tellNotice } from "./publish-notice";

export interface ConfigurationAlarm {
  /** What the settings allow: the tables and the webhook, or neither. */
  readonly telling: Telling;
  /** Where the tables cannot be reached. */
  readonly toLogOnly: Telling;
  readonly remindEveryMs: number;
}

/** One run of the timer with settings that the app cannot run with: a line of what is wrong, and the alarm as any other. */
export const tellConfigurationInvalid = async (
  alarm: ConfigurationAlarm,
  problems: ConfigError["problems"],
): Promise<void> => {
  const { log, clock } = alarm.telling.ports;
  // A place in the configuration holds names that somebody has written.
  const shown = problems.map(({ at, problem }) => ({ at: withoutKeys(at), problem: withoutKeys(problem) }));
  const detail = shown.map(({ at, problem }) => `${at}: ${problem}`).join("; ");
  log.write("error", { event: "ConfigurationState", reason: "ConfigurationInvalid", detail, problems: shown });
  const tell = async ({ ports, callMs }: Telling): Promise<void> => {
    const all = await ports.notices.list({ signal: clock.abortAfter(callMs) });
    await tellNotice(
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
    await tell(alarm.telling);
  } catch (error) {
    log.write("warn", tellingDelayed(null, error));
    await tell(alarm.toLogOnly);
  }
};
