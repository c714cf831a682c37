import { app } from "@azure/functions";
import { json, withAccount } from "./http";

app.http("checkAccount", {
  methods: ["GET"],
  route: "accounts/{account}/check",
  authLevel: "function",
  handler: withAccount(async (theApp, account) => {
    const { checkAccount } = await import("../lib/operations/check/check-account");
    return json(200, await checkAccount(theApp, account));
  }),
});
