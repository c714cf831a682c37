import { app } from "@azure/functions";
import { json, withApp } from "./http";

app.http("coverage", {
  methods: ["GET"],
  route: "coverage",
  authLevel: "function",
  handler: withApp(async (theApp) => {
    const { readCoverage } = await import("../lib/operations/status/coverage");
    return json(200, await readCoverage(theApp));
  }),
});
