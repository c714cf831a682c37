import { app } from "@azure/functions";
import { json, withAccount } from "./http";

app.http("accountStatus", {
  methods: ["GET"],
  route: "accounts/{account}",
  authLevel: "function",
  handler: withAccount(async (theApp, account) => {
    const { readStatus } = await import("../lib/operations/status/read-status");
    return json(200, await readStatus(theApp, account));
  }),
});
