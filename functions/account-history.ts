import { app, type HttpRequest } from "@azure/functions";
import { readHistory, verifyHistory } from "../lib/history/read-history";
import { parsePage } from "./requests";
import { badRequest, json, withAccount } from "./http";

app.http("accountHistory", {
  methods: ["GET"],
  route: "accounts/{account}/history",
  authLevel: "function",
  handler: withAccount(async (theApp, account, request) => {
    if (wantsCheck(request)) return json(200, await verifyHistory(theApp, account));
    const page = parsePage(request.query.get("limit"), request.query.get("before"));
    return page.kind === "valid"
      ? json(200, await readHistory(theApp, account, page.value))
      : badRequest(page.problems);
  }),
});

/** `?verify=true`: whether anything is missing or altered. */
const wantsCheck = (request: HttpRequest): boolean => request.query.get("verify") === "true";
