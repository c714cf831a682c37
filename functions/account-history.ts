import { app, type HttpRequest } from "@azure/functions";
import { badRequest, json, withAccount } from "./http";

app.http("accountHistory", {
  methods: ["GET"],
  route: "accounts/{account}/history",
  authLevel: "function",
  handler: withAccount(async (theApp, account, request) => {
    const { readHistory, verifyHistory } = await import("../lib/history/read-history");
    if (wantsCheck(request)) return json(200, await verifyHistory(theApp, account));
    const { parsePage } = await import("./requests");
    const page = parsePage(request.query.get("limit"), request.query.get("before"));
    return page.kind === "valid"
      ? json(200, await readHistory(theApp, account, page.value))
      : badRequest(page.problems);
  }),
});

/** `?verify=true`: whether anything is missing or altered. */
const wantsCheck = (request: HttpRequest): boolean => request.query.get("verify") === "true";
