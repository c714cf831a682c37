import { app } from "@azure/functions";
import { json, plainText, problem, withAccount } from "./http";

app.http("rotationRecord", {
  methods: ["GET"],
  route: "accounts/{account}/rotations/{rotationId}",
  authLevel: "function",
  handler: withAccount(async (theApp, account, request) => {
    const { readEvidence } = await import("../lib/history/rotation-report");
    const found = await readEvidence(theApp, account, request.params["rotationId"] ?? "");
    if (found === null) {
      return problem(
        404,
        "UnknownRotation",
        "the history of this account holds no such rotation: GET its history lists those that it does",
      );
    }
    const wantsText = (request.headers.get("accept") ?? "").includes("text/plain");
    if (!wantsText) return json(200, found);
    const { renderText } = await import("../lib/history/render-report");
    return plainText(200, renderText(found));
  }),
});
