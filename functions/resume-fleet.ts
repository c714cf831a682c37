import { app } from "@azure/functions";
import { callerOf } from "./caller";
import { badRequest, json, problem, readJson, withApp } from "./http";

app.http("resumeFleet", {
  methods: ["POST"],
  route: "fleet/resume",
  authLevel: "function",
  handler: withApp(async (theApp, request) => {
    const read = await readJson(request);
    if (read.kind === "refused") return read.answer;
    const { parseResumeFleet } = await import("./requests");
    const given = parseResumeFleet(read.body);
    if (given.kind === "invalid") return badRequest(given.problems);
    const { resumeFleet } = await import("../lib/operations/resume-fleet");
    const { reason, stoppedUntil: expected } = given.value;
    const resumed = await resumeFleet(theApp, { reason, expected, by: callerOf(request) });
    return resumed.kind === "done" ? json(200, { stopped: false }) : problem(409, resumed.reason, resumed.detail);
  }),
});
