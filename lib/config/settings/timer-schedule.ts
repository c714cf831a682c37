import { Problems } from "../problems";
import { type Environment, SettingsReader } from "./reader";
import { parseNcrontab } from "../schedule";

/** When the timer runs where `ROTATION_SCHEDULE` is not set, or is no schedule. */
export const everyFiveMinutes = "0 */5 * * * *";

export const readSchedule = (reader: SettingsReader): string | null =>
  reader.matching(
    "ROTATION_SCHEDULE",
    "an NCRONTAB expression of 5 or 6 fields that runs at some time, such as 0 */5 * * * *",
    (text) => parseNcrontab(text) !== null,
  );

/** Whether `ROTATION_SCHEDULE` is set to a schedule, whatever is wrong with other settings. Never throws. */
export const hasSchedule = (env: Environment): boolean =>
  readSchedule(new SettingsReader(env, new Problems())) !== null;
