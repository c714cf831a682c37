import type { AppLimits } from "../../lib/limits";
import { days, minutes } from "../builders/time";

/** As `compose.ts` builds them for a `functionTimeout` of 5 minutes. */
export const limits: AppLimits = {
  claimMs: minutes(6),
  quarantineMs: minutes(5),
  keyListLagMs: minutes(2),
  callMs: minutes(0.5),
  dryRun: false,
  historyKeepMs: days(400),
  tickMs: minutes(2.5),
  fanOutAbove: 500,
  requestMs: 100_000,
  claimWaitMs: 3_000,
};
