import { configurationState } from "../alarms/configuration-alarm";
import type { App } from "../app";
import type { StoredNotice } from "../ports";
import { configurationInvalid, discoveryProblem } from "../rotation/events/notice";
import { hours } from "../rotation/time/units";
import { publishOrDelay } from "./corrupt-record-alarm";

/** The rotator as a whole has no `remindEvery`. */
const remindEveryMs = hours(6);

/**
 * Optional settings that the platform has not resolved: one line at each run, and the alarm of wrong settings, which
 * ends once all are right. `known`: what is stored of that alarm. The rotator goes on without these settings.
 */
export const reportUnresolved = async (app: App, known: StoredNotice | null): Promise<void> => {
  const { ports, unresolved } = app;
  const trouble = app.accounts.found()?.trouble ?? null;
  if (unresolved.length === 0 && trouble === null && known === null) return;
  const line = configurationState("SettingUnresolved", unresolved);
  if (unresolved.length > 0) ports.log.write("error", line);
  const found = [
    ...(unresolved.length === 0 ? [] : [configurationInvalid(line.detail, ports.clock.now(), "SettingUnresolved")]),
    ...(trouble === null ? [] : [discoveryProblem({ ...trouble, reason: null })]),
  ];
  await publishOrDelay(app, { account: null, known, found, remindEveryMs });
};
