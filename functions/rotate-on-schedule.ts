import { app, type TimerHandler } from "@azure/functions";
import { Ticker } from "../lib/operations/tick";
import { theApp, within } from "./runtime";

const everyFiveMinutes = "0 */5 * * * *";

let ticker: Ticker | null = null;

const handler: TimerHandler = (_timer, context) =>
  within(context, async () => {
    const composed = theApp();
    if (composed.kind === "invalid") return composed.alarm();
    ticker ??= new Ticker(composed.app);
    await ticker.tick();
  });

app.timer("rotateOnSchedule", {
  // The host resolves %NAME% and knows no default for a name that is not set. With invalid settings the schedule itself
  // may be invalid, and then nothing would ever report them.
  schedule: process.env["ROTATION_SCHEDULE"] && theApp().kind === "ready" ? "%ROTATION_SCHEDULE%" : everyFiveMinutes,
  handler,
});
