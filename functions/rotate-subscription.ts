import { app, type StorageQueueHandler } from "@azure/functions";
import { workQueueName } from "../lib/config/settings/table-prefix";
import { theApp, within } from "./runtime";

/** With wrong settings nothing is driven: the timer reports them, and hands the accounts over once they are correct. */
const handler: StorageQueueHandler = (message, context) =>
  within(context, async () => {
    const composed = await theApp();
    if (composed.kind === "invalid") return;
    const { doWork } = await import("../lib/operations/tick/work");
    await doWork(composed.app, message);
  });

app.storageQueue("rotateSubscription", {
  queueName: workQueueName(process.env),
  connection: "AzureWebJobsStorage",
  handler,
});
