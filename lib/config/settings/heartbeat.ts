import type { SettingsReader } from "./reader";
import { isReceiver } from "../urls";

/** What an outside service hears of each run of the timer. */
export interface HeartbeatSettings {
  readonly url: string;
  /** Whether a bad run is reported too. */
  readonly reportsFailures: boolean;
}

/** Null where no service expects a heartbeat; the other setting is checked all the same. */
export const readHeartbeat = (reader: SettingsReader, emulated: boolean): HeartbeatSettings | null => {
  const url = reader.matching(
    "ROTATION_HEARTBEAT_URL",
    "an https URL without user name and password (http to this machine with ROTATION_EMULATED)",
    (text) => isReceiver(text, emulated),
  );
  const reportsFailures = reader.flag("ROTATION_HEARTBEAT_FAIL");
  return url === null ? null : { url, reportsFailures };
};
