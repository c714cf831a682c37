import { app } from "@azure/functions";
import { badRequest, json, problem, readJson, withAccount } from "./http";

/** Until some of the instances are forgotten, or the app follows the remedy. */
const retrySeconds = "600";

app.http("receiveSignal", {
  methods: ["POST"],
  route: "accounts/{account}/signals",
  authLevel: "function",
  handler: withAccount(async (theApp, account, request) => {
    const read = await readJson(request);
    if (read.kind === "refused") return read.answer;
    const { parseSignal } = await import("../lib/signals/signal-schema");
    const signal = parseSignal(read.body);
    if (signal.kind === "invalid") return badRequest(signal.problems);
    const { receiveSignal } = await import("../lib/signals/receive-signal");
    const received = await receiveSignal(theApp, account, signal.value);
    if (received.kind === "received") return json(202, received.answer);
    const problems = [{ at: received.at, problem: received.detail }];
    if (received.status === 400) return badRequest(problems, received.reason);
    const more = received.status === 429 ? { retryAfter: retrySeconds } : {};
    return problem(received.status, received.reason, `${received.at.slice(1)} ${received.detail}`, more);
  }),
});
