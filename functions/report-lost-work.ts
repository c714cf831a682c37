import { app, type StorageQueueHandler } from "@azure/functions";
import { lostWorkQueueName } from "../lib/config/settings/table-prefix";
import { theApp, within } from "./runtime";

const handler: StorageQueueHandler = (message, context) =>
  within(context, async () => {
    const composed = await theApp();
    if (composed.kind === "invalid") return;
    const { alarmLostWork } = await import("../lib/operations/tick/lost-work");
    await alarmLostWork(composed.app, message);
  });

app.storageQueue("reportLostWork", {
  queueName: lostWorkQueueName(process.env),
  connection: "AzureWebJobsStorage",
  handler,
});
