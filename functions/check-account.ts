import { app } from "@azure/functions";
import { checkAccount } from "../lib/operations/check-account";
import { json, withAccount } from "./http";

app.http("checkAccount", {
  methods: ["GET"],
  route: "accounts/{account}/check",
  authLevel: "function",
  handler: withAccount(async (theApp, account) => json(200, await checkAccount(theApp, account))),
});
