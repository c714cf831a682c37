import { armError } from "../arm-errors";
import { type Answer, isObject, jsonAnswer, jsonObjectOf, type WireRequest } from "../wire";
import type { ArmPlatform, PlatformOperation } from "./arm-platform";
import type { ActivityRun, EmulatedDataFactory, LinkedKey, PipelineRun } from "./data-factory";

const namespace = "Microsoft.DataFactory/factories";
const pattern = new RegExp(
  "^(/subscriptions/([^/]+)/resourceGroups/[^/]+" +
    String.raw`/providers/Microsoft\.DataFactory/factories/([^/]+))/(.+?)/?$`,
  "i",
);

/** Microsoft.DataFactory/factories behind Resource Manager, api-version 2018-06-01. */
export class DataFactoriesProvider implements ArmPlatform {
  /** By resource id, in lower case. */
  readonly #factories = new Map<string, EmulatedDataFactory>();
  pageSize = 100;

  add(resourceId: string, factory: EmulatedDataFactory): void {
    this.#factories.set(resourceId.toLowerCase(), factory);
  }

  operationOf(request: WireRequest): PlatformOperation | null {
    const [, scope = "", subscription = "", subject = "", rest = ""] =
      pattern.exec(decodeURIComponent(request.path)) ?? [];
    if (scope === "") return null;
    const factory = this.#factories.get(scope.toLowerCase());
    const of = {
      scope,
      subscription,
      kind: request.method === "GET" ? ("reads" as const) : ("writes" as const),
      subject,
    };
    const answer = (made: (found: EmulatedDataFactory) => Answer) => () =>
      factory === undefined ? notFound(scope) : made(factory);
    const [, linked] = /^linkedservices\/([^/]+)$/i.exec(rest) ?? [];
    if (request.method === "GET" && linked !== undefined) {
      const action = `${namespace}/linkedservices/read`;
      const made = answer((found) => linkedService(scope, linked, found));
      return { ...of, route: "arm.getLinkedService", action, answer: made };
    }
    if (request.method !== "POST") return null;
    if (/^queryPipelineRuns$/i.test(rest)) {
      const action = `${namespace}/querypipelineruns/action`;
      const made = answer((found) => this.#runs(request, found));
      return { ...of, route: "arm.queryPipelineRuns", action, answer: made };
    }
    const [, run] = /^pipelineruns\/([^/]+)\/queryActivityruns$/i.exec(rest) ?? [];
    if (run === undefined) return null;
    const action = `${namespace}/pipelineruns/queryactivityruns/action`;
    const made = answer((found) => this.#activities(request, found, run));
    return { ...of, route: "arm.queryActivityRuns", action, answer: made };
  }

  #runs(request: WireRequest, { runs }: EmulatedDataFactory): Answer {
    const wanted = statusesOf(request);
    const found = runs.filter(
      (run) => wanted.length === 0 || wanted.includes(run.endsAt === null ? "InProgress" : "Succeeded"),
    );
    return this.#page(request, found.map(runBody));
  }

  #activities(request: WireRequest, { runs }: EmulatedDataFactory, id: string): Answer {
    const run = runs.find((one) => one.id === id);
    return run === undefined
      ? armError(404, "PipelineRunNotFound", `Pipeline run ${id} was not found.`)
      : this.#page(
          request,
          run.activities.map((activity) => activityBody(run, activity)),
        );
  }

  /** Data Factory pages by a token in the body. */
  #page(request: WireRequest, values: readonly unknown[]): Answer {
    const body = jsonObjectOf(request);
    if (typeof body?.["lastUpdatedAfter"] !== "string" || typeof body["lastUpdatedBefore"] !== "string") {
      return armError(400, "BadRequest", "lastUpdatedAfter and lastUpdatedBefore are required.");
    }
    const from = Number(body["continuationToken"] ?? 0);
    const next = from + this.pageSize;
    const more = next < values.length ? { continuationToken: String(next) } : {};
    return jsonAnswer(200, { value: values.slice(from, next), ...more });
  }
}

const notFound = (scope: string): Answer =>
  armError(404, "ResourceNotFound", `The Resource '${scope.split("/providers/")[1] ?? ""}' was not found.`);

const statusesOf = (request: WireRequest): readonly unknown[] => {
  const filters = jsonObjectOf(request)?.["filters"];
  const status = Array.isArray(filters)
    ? filters.find((one: unknown) => isObject(one) && one["operand"] === "Status")
    : null;
  return isObject(status) && Array.isArray(status["values"]) ? status["values"] : [];
};

const accessKeyOf = (key: LinkedKey): unknown => {
  switch (key.kind) {
    case "reference":
      return {
        type: "AzureKeyVaultSecret",
        store: { referenceName: key.store, type: "LinkedServiceReference" },
        secretName: key.secretName,
        ...(key.secretVersion === undefined ? {} : { secretVersion: key.secretVersion }),
      };
    case "expression":
      return {
        type: "AzureKeyVaultSecret",
        store: { referenceName: "AzureKeyVault1", type: "LinkedServiceReference" },
        secretName: { value: "@linkedService().secret", type: "Expression" },
      };
    // The value is not shown.
    case "copy":
      return { type: "SecureString" };
    case "identity":
      return undefined;
  }
};

const linkedService = (scope: string, name: string, factory: EmulatedDataFactory): Answer => {
  const of = { id: `${scope}/linkedservices/${name}`, name, type: "Microsoft.DataFactory/factories/linkedservices" };
  const baseUrl = factory.vaults.get(name);
  if (baseUrl !== undefined) {
    return jsonAnswer(200, { ...of, properties: { type: "AzureKeyVault", typeProperties: { baseUrl } } });
  }
  const service = factory.linkedServices.get(name);
  if (service === undefined) return armError(404, "LinkedServiceNotFound", `Linked service ${name} was not found.`);
  const typeProperties = {
    accountName: service.accountName ?? { value: "@linkedService().account", type: "Expression" },
    batchUri: "https://westeurope.batch.azure.com",
    poolName: "pool",
    linkedServiceName: { referenceName: "AzureStorage1", type: "LinkedServiceReference" },
    accessKey: accessKeyOf(service.key),
    ...(service.key.kind === "identity"
      ? { credential: { referenceName: "identity", type: "CredentialReference" } }
      : {}),
  };
  return jsonAnswer(200, { ...of, properties: { type: "AzureBatch", typeProperties } });
};

const runBody = ({ id, startedAt, endsAt }: PipelineRun) => ({
  runId: id,
  pipelineName: "etl",
  parameters: { password: "in clear text" },
  status: endsAt === null ? "InProgress" : "Succeeded",
  runStart: startedAt.toISOString(),
  runEnd: endsAt?.toISOString() ?? null,
  lastUpdated: (endsAt ?? startedAt).toISOString(),
});

const activityBody = (run: PipelineRun, { name, type, linkedService: linked, startedAt, endsAt }: ActivityRun) => ({
  pipelineName: "etl",
  pipelineRunId: run.id,
  activityName: name,
  activityType: type,
  activityRunId: `${run.id}-${name}`,
  linkedServiceName: linked ?? "",
  status: endsAt === null ? "InProgress" : "Succeeded",
  activityRunStart: startedAt.toISOString(),
  activityRunEnd: endsAt?.toISOString() ?? null,
});
