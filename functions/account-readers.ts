import { app } from "@azure/functions";
import { json, problem, withAccount } from "./http";

app.http("accountReaders", {
  methods: ["GET"],
  route: "accounts/{account}/readers",
  authLevel: "function",
  handler: withAccount(async (theApp, account) => {
    const { auditLog } = theApp.ports;
    if (auditLog === null) return problem(409, "NoLogWorkspace", noWorkspace);
    const { accountReaders } = await import("../lib/operations/status/account-readers");
    return json(200, await accountReaders(theApp, auditLog, account));
  }),
});

const noWorkspace =
  "the vault's audit log is not asked: set ROTATION_LOG_WORKSPACE_ID to the id of the workspace that it is sent to";
