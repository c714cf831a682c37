import { app, type TimerHandler } from "@azure/functions";
import type { Composed } from "../lib/compose";
import { everyFiveMinutes, hasSchedule } from "../lib/config/timer-schedule";
import type { Ticker } from "../lib/operations/tick";
import { theApp, within } from "./runtime";

let ticker: Ticker | null = null;

const runOnce = async (composed: Composed): Promise<"good" | "bad"> => {
  if (composed.kind === "invalid") {
    await composed.alarm();
    return "bad";
  }
  const { Ticker: NewTicker } = await import("../lib/operations/tick");
  ticker ??= new NewTicker(composed.app);
  return (await ticker.tick()).outcome;
};

const handler: TimerHandler = (_timer, context) =>
  within(context, async () => {
    const composed = await theApp();
    const { withHeartbeat } = await import("../lib/operations/with-heartbeat");
    return withHeartbeat(composed.heartbeat, () => runOnce(composed));
  });

app.timer("rotateOnSchedule", {
  // The host resolves %NAME% and knows no default for a name that is not set. It would not start a timer whose schedule
  // is invalid, and then nothing would ever report that; what is wrong with other settings changes no schedule.
  schedule: hasSchedule(process.env) ? "%ROTATION_SCHEDULE%" : everyFiveMinutes,
  handler,
});
