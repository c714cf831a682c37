import { app } from "@azure/functions";
import { concurrently } from "../lib/operations/concurrently";
import { readOrphanedRecords } from "../lib/operations/orphaned-records";
import { readStatus } from "../lib/operations/read-status";
import { json, withApp } from "./http";

const maxConcurrent = 16;

app.http("listAccounts", {
  methods: ["GET"],
  route: "accounts",
  authLevel: "function",
  handler: withApp(async (theApp) => {
    const statuses = await concurrently(theApp.accounts.list(), maxConcurrent, (account) =>
      readStatus(theApp, account),
    );
    const accounts = statuses.map(({ consumers: _left, ...status }) => status);
    const orphanedRecords = await readOrphanedRecords(theApp);
    return json(200, { accounts, orphanedRecords, checkedAt: theApp.ports.clock.now().toISOString() });
  }),
});
