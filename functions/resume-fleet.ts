import { app } from "@azure/functions";
import { resumeFleet } from "../lib/operations/resume-fleet";
import { callerOf } from "./caller";
import { badRequest, json, problem, readJson, withApp } from "./http";
import { parseReason } from "./requests";

app.http("resumeFleet", {
  methods: ["POST"],
  route: "fleet/resume",
  authLevel: "function",
  handler: withApp(async (theApp, request) => {
    const read = await readJson(request);
    if (read.kind === "refused") return read.answer;
    const given = parseReason(read.body);
    if (given.kind === "invalid") return badRequest(given.problems);
    const resumed = await resumeFleet(theApp, { ...given.value, by: callerOf(request) });
    return resumed.kind === "done" ? json(200, { stopped: false }) : problem(409, resumed.reason, resumed.detail);
  }),
});
