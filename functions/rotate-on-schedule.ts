import { app, type TimerHandler } from "@azure/functions";
import { alarmConfigurationInvalid } from "../lib/alarms/configuration-alarm";
import { Ticker } from "../lib/operations/tick";
import { theApp, within } from "./runtime";

const everyFiveMinutes = "0 */5 * * * *";

let ticker: Ticker | null = null;

const handler: TimerHandler = (_timer, context) =>
  within(context, async () => {
    const composed = theApp();
    if (!composed.ok) return alarmConfigurationInvalid(composed.alarm, composed.problems);
    ticker ??= new Ticker(composed.app);
    await ticker.tick();
  });

app.timer("rotateOnSchedule", {
  // The host resolves %NAME% and knows no default for a name that is not set. With wrong settings the schedule may be what is wrong,
  // and then nobody would ever hear of them.
  schedule: process.env["ROTATION_SCHEDULE"] && theApp().ok ? "%ROTATION_SCHEDULE%" : everyFiveMinutes,
  handler,
});
