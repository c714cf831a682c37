import { app, type InvocationContext, output, type Timer, type TimerHandler } from "@azure/functions";
import type { Composed } from "../lib/compose";
import { workQueueName } from "../lib/config/settings/table-prefix";
import { everyFiveMinutes, hasSchedule } from "../lib/config/settings/timer-schedule";
import type { Ticker } from "../lib/operations/tick/tick";
import { theApp, within } from "./runtime";

/** The host sends what is set here once the run has ended; one message for each item. */
const workQueue = output.storageQueue({ queueName: workQueueName(process.env), connection: "AzureWebJobsStorage" });

let ticker: Ticker | null = null;

const runOnce = async (composed: Composed, timer: Timer, context: InvocationContext): Promise<"good" | "bad"> => {
  if (composed.kind === "invalid") {
    await composed.alarm();
    return "bad";
  }
  const { Ticker: NewTicker } = await import("../lib/operations/tick/tick");
  ticker ??= new NewTicker(composed.app);
  const send = (works: readonly unknown[]): void => context.extraOutputs.set(workQueue, works);
  return (await ticker.tick({ nextTickAt: nextRunOf(timer), send })).outcome;
};

/** The host keeps no status for schedules that run more than once a minute. */
const nextRunOf = ({ scheduleStatus }: Partial<Timer>): string | null => {
  const next = new Date(scheduleStatus?.next ?? "");
  return Number.isNaN(next.getTime()) ? null : next.toISOString();
};

const handler: TimerHandler = (timer, context) =>
  within(context, async () => {
    const composed = await theApp();
    const { withHeartbeat } = await import("../lib/operations/tick/with-heartbeat");
    return withHeartbeat(composed.heartbeat, () => runOnce(composed, timer, context));
  });

app.timer("rotateOnSchedule", {
  // The host resolves %NAME% and knows no default for a name that is not set. It would not start a timer whose schedule
  // is invalid, and then nothing would ever report that; what is wrong with other settings changes no schedule.
  schedule: hasSchedule(process.env) ? "%ROTATION_SCHEDULE%" : everyFiveMinutes,
  extraOutputs: [workQueue],
  handler,
});
