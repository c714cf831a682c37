import type { SubscriptionArmOptions } from "../sdk/arm-options";
import * as z from "zod";
import { OperatorNeededError, TransientServiceError } from "../../errors";
import type { CallOptions } from "../../ports/call";
import type { AppServices } from "../../ports/platforms";
import type { SecretRef } from "../../rotation/account-config";
import {
  type AppServiceSeen,
  type ReferenceList,
  referenceLists,
  type ReferenceSeen,
} from "../../rotation/platforms/app-service-seen";
import { parseReference, refersTo } from "../../rotation/platforms/key-vault-reference";
import { minutes, seconds } from "../../rotation/time/units";
import { PlatformReader, type PlatformRequest } from "./platform-reader";

/** The one with which the refresh was seen; the others have been there since. */
const apiVersion = "api-version=2022-03-01";

/**
 * As the service answers, which is not as its specification says: the kind of identity is a text, and neither the
 * version that is in use nor a fixed one is there (`activeVersion` is null).
 */
const referenceSchema = z.object({
  name: z.string().min(1),
  properties: z.object({
    reference: z.string().nullish(),
    status: z.string().nullish(),
    vaultName: z.string().nullish(),
    secretName: z.string().nullish(),
    secretVersion: z.string().nullish(),
  }),
});

const listSchema = z.object({ value: z.array(referenceSchema) });

const instanceSchema = z.object({
  name: z.string().min(1),
  properties: z.object({ state: z.string().nullish() }).nullish(),
});

type Reference = z.output<typeof referenceSchema>;

/** App Service through Resource Manager. Its answers hold names and states, never the value of a setting. */
export class AzureAppServices implements AppServices {
  readonly #reader: PlatformReader;

  constructor(options: SubscriptionArmOptions) {
    this.#reader = new PlatformReader(options);
  }

  async references(resourceId: string, secret: SecretRef, options: CallOptions): Promise<readonly ReferenceSeen[]> {
    const listed = referenceLists.map(async (list) => {
      const request = requestOf("GET", resourceId, paths[list], "config/Read");
      const all = await this.#reader.list(request, referenceSchema, options).catch((error: unknown) => {
        if (showsNone(error)) return [];
        throw error;
      });
      return ownReferences(all, secret, list);
    });
    return (await Promise.all(listed)).flat();
  }

  async instances(resourceId: string, options: CallOptions): Promise<AppServiceSeen["instances"]> {
    const request = requestOf("GET", resourceId, "/instances", "instances/Read");
    const all = await this.#reader.list(request, instanceSchema, options);
    return all.map(({ name, properties }) => ({ name, state: properties?.state || "UNKNOWN" }));
  }

  async refresh(resourceId: string, secret: SecretRef, options: CallOptions): Promise<readonly ReferenceSeen[]> {
    const request = requestOf(
      "POST",
      resourceId,
      `${paths.appSettings}/refresh`,
      "config/configreferences/appsettings/refresh/action",
    );
    const { value } = await this.#reader.change(request, listSchema, options, maxRefreshMs);
    return ownReferences(value, secret, "appSettings");
  }

  async restart(resourceId: string, options: CallOptions): Promise<void> {
    const request = requestOf("POST", resourceId, "/restart", "restart/Action", "&softRestart=false&synchronous=true");
    await this.#reader.change(request, z.unknown(), options, maxRestartMs);
  }
}

/** An app without references may be answered so. One that is not there is found out with its instances. */
const showsNone = (error: unknown): boolean => {
  if (error instanceof TransientServiceError) return error.facts.statusCode === 400;
  return error instanceof OperatorNeededError && error.reason === "NotFound";
};

const paths: Readonly<Record<ReferenceList, string>> = {
  appSettings: "/config/configreferences/appsettings",
  connectionStrings: "/config/configreferences/connectionstrings",
};
const maxRefreshMs = seconds(30);
/** It is answered when the app has restarted. */
const maxRestartMs = minutes(2);

const requestOf = (
  method: "GET" | "POST",
  resourceId: string,
  path: string,
  action: string,
  query = "",
): PlatformRequest => ({
  operation: `App Service ${action}`,
  action: `Microsoft.Web/${/\/slots\//i.test(resourceId) ? "sites/slots" : "sites"}/${action}`,
  resourceId,
  method,
  path: `${resourceId}${path}?${apiVersion}${query}`,
});

const ownReferences = (all: readonly Reference[], secret: SecretRef, list: ReferenceList): readonly ReferenceSeen[] =>
  all.flatMap(({ name, properties }) => {
    const { reference, status, vaultName, secretName, secretVersion } = properties;
    const parsed = parseReference(reference ?? "");
    const named = { vault: vaultName ?? "", secret: secretName ?? "" };
    if (!refersTo(parsed ?? named, secret)) return [];
    return [{ list, setting: name, pinnedTo: parsed?.version ?? (secretVersion || null), status: status || "Unknown" }];
  });
