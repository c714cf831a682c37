import { app } from "@azure/functions";
import { json, withApp } from "./http";

const maxConcurrent = 16;

app.http("listAccounts", {
  methods: ["GET"],
  route: "accounts",
  authLevel: "function",
  handler: withApp(async (theApp) => {
    const { concurrently } = await import("../lib/concurrently");
    const { discoveryProblemsOf } = await import("../lib/operations/check/discovery-problems");
    const { readOrphanedRecords } = await import("../lib/operations/alarms/orphaned-records");
    const { fleetStop } = await import("../lib/operations/status/fleet-view");
    const { readStatus } = await import("../lib/operations/status/read-status");
    const statuses = await concurrently(theApp.accounts.list(), maxConcurrent, (account) =>
      readStatus(theApp, account),
    );
    const accounts = statuses.map(({ consumers: _left, ...status }) => status);
    const orphanedRecords = theApp.accounts.isComplete() ? await readOrphanedRecords(theApp) : [];
    const discoveryProblems = discoveryProblemsOf(theApp);
    const fleetStopped = await fleetStop(theApp);
    const checkedAt = theApp.ports.clock.now().toISOString();
    return json(200, { accounts, orphanedRecords, discoveryProblems, fleetStopped, checkedAt });
  }),
});
