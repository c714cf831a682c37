import { app } from "@azure/functions";
import { renderText } from "../lib/history/render-report";
import { readEvidence } from "../lib/history/rotation-report";
import { json, plainText, problem, withAccount } from "./http";

app.http("rotationRecord", {
  methods: ["GET"],
  route: "accounts/{account}/rotations/{rotationId}",
  authLevel: "function",
  handler: withAccount(async (theApp, account, request) => {
    const found = await readEvidence(theApp, account, request.params["rotationId"] ?? "");
    if (found === null) {
      return problem(
        404,
        "UnknownRotation",
        "the history of this account holds no such rotation: GET its history lists those that it does",
      );
    }
    const wantsText = (request.headers.get("accept") ?? "").includes("text/plain");
    return wantsText ? plainText(200, renderText(found)) : json(200, found);
  }),
});
