import { app } from "@azure/functions";
import { readStatus } from "../lib/operations/read-status";
import { json, withAccount } from "./http";

app.http("accountStatus", {
  methods: ["GET"],
  route: "accounts/{account}",
  authLevel: "function",
  handler: withAccount(async (theApp, account) => json(200, await readStatus(theApp, account))),
});
