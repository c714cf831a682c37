import * as z from "zod";
import { mustBe, text } from "./field-types";
import { anyCase, guidPattern } from "./identity-fields";

/** The resource id of one type, whatever the case; `names`: a pattern for what follows the provider. */
const resourceIdOf = (provider: string, names: string): RegExp => {
  const [namespace = "", type = ""] = provider.split("/");
  const [, kind = ""] = namespace.split(".");
  return new RegExp(
    `^/${anyCase("subscriptions")}/${guidPattern}/${anyCase("resourceGroups")}/[^/]{1,90}` +
      `/${anyCase("providers")}/${anyCase("Microsoft")}[.]${anyCase(kind)}/${anyCase(type)}/${names}$`,
  );
};

const group = "/subscriptions/<guid>/resourceGroups/<group>/providers";

const siteId = text(
  `the resource id of an app or a slot: ${group}/Microsoft.Web/sites/<name>[/slots/<slot>]`,
  resourceIdOf("Microsoft.Web/sites", `[A-Za-z0-9-]{1,60}(?:/${anyCase("slots")}/[A-Za-z0-9-]{1,60})?`),
).meta({
  description: "Resource id of the app: App Service, Functions or Logic Apps Standard; or of one of its slots.",
});

const containerAppId = text(
  `the resource id of a Container App: ${group}/Microsoft.App/containerApps/<name>`,
  resourceIdOf("Microsoft.App/containerApps", "[A-Za-z0-9-]{1,64}"),
).meta({ description: "Resource id of the Container App." });

const factoryId = text(
  `the resource id of a data factory: ${group}/Microsoft.DataFactory/factories/<name>`,
  resourceIdOf("Microsoft.DataFactory/factories", "[A-Za-z0-9-]{3,63}"),
).meta({ description: "Resource id of the data factory." });

const flag = (byDefault: boolean, description: string) =>
  z
    .boolean({ error: mustBe("true or false") })
    .default(byDefault)
    .meta({ description });

const appService = z.strictObject({
  kind: z.literal("appService"),
  resourceId: siteId,
  refresh: flag(true, "Ask the platform to read the new version after each publication, which restarts the app."),
  restart: flag(false, "Restart the app once more after that, and wait for it."),
});

const containerApp = z.strictObject({ kind: z.literal("containerApp"), resourceId: containerAppId });

const dataFactory = z.strictObject({
  kind: z.literal("dataFactory"),
  resourceId: factoryId,
  linkedService: text("1 to 260 characters without < > * # . % & : \\ + ? /", /^[^<>*#.%&:\\+?/]{1,260}$/).meta({
    description: "The name of the linked service for the Batch account.",
  }),
});

/** Where a consumer runs. */
export const platform = z
  .discriminatedUnion("kind", [appService, containerApp, dataFactory], {
    error: mustBe("an object with kind (appService, containerApp or dataFactory) and resourceId, or null"),
  })
  .nullable()
  .default(null)
  .meta({
    description: "Where the consumer runs, so that the platform shows what it uses; null when it reports for itself.",
    examples: [
      {
        kind: "appService",
        resourceId:
          "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/render" +
          "/providers/Microsoft.Web/sites/render-web",
      },
    ],
  });
