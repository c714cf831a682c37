import { app } from "@azure/functions";
import type { Operated } from "../lib/operations/operate-account";
import { callerOf } from "./caller";
import { badRequest, busy, json, problem, readJson, withAccount } from "./http";

app.http("operateAccount", {
  methods: ["POST"],
  route: "accounts/{account}/{action}",
  authLevel: "function",
  handler: withAccount(async (theApp, account, request) => {
    const { operate, operatorActions } = await import("../lib/operations/operate-account");
    const action = operatorActions.find((known) => known === request.params["action"]);
    if (action === undefined) {
      return problem(404, "UnknownAction", `an account's actions are ${operatorActions.join(", ")}`);
    }
    const read = await readJson(request);
    if (read.kind === "refused") return read.answer;
    const { parseOrder } = await import("./requests");
    const order = parseOrder(read.body);
    if (order.kind === "invalid") return badRequest(order.problems);
    return answer(await operate(theApp, account, { action, ...order.value, by: callerOf(request) }));
  }),
});

const answer = (operated: Operated) => {
  switch (operated.kind) {
    case "done":
      return json(200, operated.status);
    case "refused":
      return problem(409, operated.reason, operated.detail);
    case "busy":
      return busy(operated.retryAfterSeconds);
  }
};
