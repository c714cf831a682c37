import type { Heartbeat } from "../../ports/alerts";

/**
 * Runs once and reports the end of the run. The work is done and its lines are written before the report, so a slow
 * receiver delays neither. A run that throws is bad, and its error goes on to the host.
 */
export const withHeartbeat = async (heartbeat: Heartbeat, run: () => Promise<"good" | "bad">): Promise<void> => {
  let outcome: "good" | "bad" = "bad";
  try {
    outcome = await run();
  } finally {
    await heartbeat.report(outcome);
  }
};
