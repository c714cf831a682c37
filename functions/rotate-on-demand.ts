import { app } from "@azure/functions";
import type { Demanded } from "../lib/operations/rotate-on-demand";
import { callerOf } from "./caller";
import { badRequest, busy, json, problem, readJson, withAccount } from "./http";

app.http("rotateOnDemand", {
  methods: ["POST"],
  route: "accounts/{account}/rotations",
  authLevel: "function",
  handler: withAccount(async (theApp, account, request) => {
    const read = await readJson(request);
    if (read.kind === "refused") return read.answer;
    const { parseDemand } = await import("./requests");
    const demand = parseDemand(read.body, request.headers.get("idempotency-key"), theApp.emulated);
    if (demand.kind === "invalid") return badRequest(demand.problems);
    const { rotateOnDemand } = await import("../lib/operations/rotate-on-demand");
    return answer(account.name, await rotateOnDemand(theApp, account, { ...demand.value, by: callerOf(request) }));
  }),
});

const answer = (account: string, demanded: Demanded) => {
  switch (demanded.kind) {
    case "accepted":
      return json(202, demanded.status, { location: `/api/accounts/${account}` });
    case "dryRun":
      return json(200, demanded.status);
    case "busy":
      return busy(demanded.retryAfterSeconds);
    case "refused":
      return problem(demanded.reason === "IdempotencyKeyReused" ? 422 : 409, demanded.reason, demanded.detail);
  }
};
