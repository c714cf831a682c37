import { app, type HttpRequest, type HttpResponseInit } from "@azure/functions";
import { badRequest, json, problem, readJson, withApp } from "./http";

/** Event Grid sends at most 1 MiB at once. */
const maxBody = 1024 * 1024;

app.http("receiveEvents", {
  methods: ["POST", "OPTIONS"],
  route: "events",
  authLevel: "function",
  handler: withApp(async (theApp, request) => {
    if (request.method === "OPTIONS") return handshake(request);
    const read = await readJson(request, maxBody);
    if (read.kind === "refused") return read.answer;
    const { parseEvents } = await import("../lib/events/parse-events");
    const sent = parseEvents(read.body, theApp.ports.clock.now());
    if (sent.kind === "invalid") return badRequest(sent.problems);
    if ("validationCode" in sent.value) return json(200, { validationResponse: sent.value.validationCode });
    const { receiveEvents } = await import("../lib/events/receive-events");
    await receiveEvents(theApp, sent.value);
    return json(200, { received: sent.value.events.length });
  }),
});

/** That of CloudEvents: the origin that asks may send, as the function's key has let it in. */
const handshake = (request: HttpRequest): HttpResponseInit => {
  const origin = request.headers.get("webhook-request-origin") ?? "";
  if (!/^[\w.:-]{1,253}$/.test(origin)) {
    return problem(400, "InvalidRequest", "the header WebHook-Request-Origin must name who asks to send events");
  }
  return json(200, {}, { allow: "POST, OPTIONS", "webhook-allowed-origin": origin, "webhook-allowed-rate": "*" });
};
