import { app } from "@azure/functions";
import { json, withApp } from "./http";

app.http("openApi", {
  methods: ["GET"],
  route: "openapi.json",
  authLevel: "function",
  handler: withApp(async () => {
    const { readOpenApi } = await import("../lib/config/settings/open-api-file");
    return json(200, readOpenApi());
  }),
});
