import type { SubscriptionArmOptions } from "../sdk/arm-options";
import * as z from "zod";
import type { CallOptions } from "../../ports/call";
import type { DataFactories } from "../../ports/platforms";
import type { BatchAccountRef, SecretRef } from "../../rotation/account-config";
import type { DataFactoryShown } from "../../rotation/platforms/data-factory";
import type { ActivitySeen, LinkedKeySeen } from "../../rotation/platforms/data-factory-seen";
import { refersTo } from "../../rotation/platforms/key-vault-reference";
import { toInstant } from "../../rotation/time/time";
import { days } from "../../rotation/time/units";
import { malformedAnswer } from "../sdk/failures/service-errors";
import { PlatformReader, type PlatformRead } from "./platform-reader";

const apiVersion = "api-version=2018-06-01";
const namespace = "Microsoft.DataFactory/factories";
/** Data Factory keeps runs for 45 days. */
const keptMs = days(45);
const maxPages = 50;
/** More runs at once show nothing: a look must end. */
const maxRuns = 200;

const linkedSchema = z.object({
  properties: z.object({ type: z.string(), typeProperties: z.record(z.string(), z.unknown()).nullish() }),
});

const vaultKey = z.object({
  type: z.literal("AzureKeyVaultSecret"),
  store: z.object({ referenceName: z.string() }),
  secretName: z.string(),
  secretVersion: z.string().nullish(),
});
const copiedKey = z.object({ type: z.literal("SecureString") });

const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ value: z.array(item), continuationToken: z.string().nullish() });
const runPage = pageOf(z.object({ runId: z.string() }));
const activityPage = pageOf(
  z.object({
    activityName: z.string(),
    activityType: z.string(),
    linkedServiceName: z.string().nullish(),
    status: z.string(),
    activityRunStart: z.string().nullish(),
  }),
);
type Activity = z.output<typeof activityPage>["value"][number];

const unended = ["InProgress", "Queued", "Canceling"];

interface LinkedServiceRef {
  readonly resourceId: string;
  readonly linkedService: string;
}

/** Data Factory, as Resource Manager shows it. Its answers hold parameters of pipelines: nothing of them is kept. */
export class AzureDataFactories implements DataFactories {
  readonly #reader: PlatformReader;

  constructor(
    options: SubscriptionArmOptions,
    private readonly now: () => Date,
  ) {
    this.#reader = new PlatformReader(options);
  }

  async look(
    { resourceId, linkedService }: LinkedServiceRef,
    batch: BatchAccountRef,
    secret: SecretRef,
    call: () => CallOptions,
  ): Promise<DataFactoryShown> {
    const { properties } = await this.#linked(resourceId, linkedService, call());
    const key = await this.#key(resourceId, properties, batch, secret, call);
    // Without a clear key nothing else matters.
    if (key.kind !== "reference") return { key, oldest: null };
    const activities: ActivitySeen[] = [];
    for (const run of await this.#runs(resourceId, call)) {
      activities.push(...(await this.#activities(resourceId, run, linkedService, call)));
    }
    const [oldest = null] = activities.toSorted((a, b) => ((a.startedAt ?? "") < (b.startedAt ?? "") ? -1 : 1));
    return { key, oldest };
  }

  async #key(
    resourceId: string,
    { type, typeProperties }: z.output<typeof linkedSchema>["properties"],
    batch: BatchAccountRef,
    secret: SecretRef,
    call: () => CallOptions,
  ): Promise<LinkedKeySeen> {
    const account: unknown = typeProperties?.["accountName"];
    if (type !== "AzureBatch") return { kind: "unclear", what: `is of type ${type}, not AzureBatch` };
    if (typeof account !== "string") return { kind: "unclear", what: "names the Batch account by an expression" };
    if (account.toLowerCase() !== batch.accountName.toLowerCase())
      return { kind: "unclear", what: `names the Batch account ${account}` };
    const accessKey: unknown = typeProperties?.["accessKey"];
    if (copiedKey.safeParse(accessKey).success) return { kind: "copy" };
    const { data } = vaultKey.safeParse(accessKey);
    if (data === undefined) return { kind: "unclear", what: "has no access key of a known form" };
    const store = await this.#linked(resourceId, data.store.referenceName, call());
    const baseUrl: unknown = store.properties.typeProperties?.["baseUrl"];
    const vault = typeof baseUrl === "string" ? baseUrl.replace(/\/$/, "") : "";
    if (!refersTo({ vault, secret: data.secretName }, secret))
      return { kind: "unclear", what: `refers to the secret ${data.secretName} of ${vault || "an unknown vault"}` };
    return { kind: "reference", pinnedTo: data.secretVersion || null };
  }

  #linked(resourceId: string, name: string, call: CallOptions) {
    const path = `/linkedservices/${encodeURIComponent(name)}`;
    return this.#reader.read(asking(resourceId, "GET", path, "linkedservices/read"), linkedSchema, call);
  }

  async #runs(resourceId: string, call: () => CallOptions): Promise<readonly string[]> {
    const request = asking(resourceId, "POST", "/queryPipelineRuns", "querypipelineruns/action");
    const filters = [{ operand: "Status", operator: "In", values: unended }];
    const runs = (await this.#pages(request, { filters }, runPage, call)).map(({ runId }) => runId);
    if (runs.length > maxRuns) throw malformedAnswer(request.operation);
    return runs;
  }

  async #activities(
    resourceId: string,
    run: string,
    linkedService: string,
    call: () => CallOptions,
  ): Promise<readonly ActivitySeen[]> {
    const path = `/pipelineruns/${encodeURIComponent(run)}/queryActivityruns`;
    const request = asking(resourceId, "POST", path, "pipelineruns/queryactivityruns/action");
    const all = await this.#pages(request, {}, activityPage, call);
    return all
      .filter((activity) => mayUse(activity, linkedService))
      .map(({ activityName, activityRunStart }) => ({
        activity: activityName,
        pipelineRun: run,
        startedAt: instantOf(activityRunStart),
      }));
  }

  async #pages<T>(
    request: PlatformRead,
    body: object,
    schema: z.ZodType<{ readonly value: T[]; readonly continuationToken?: string | null | undefined }>,
    call: () => CallOptions,
  ): Promise<readonly T[]> {
    const now = this.now().getTime();
    const range = {
      lastUpdatedAfter: toInstant(new Date(now - keptMs)),
      lastUpdatedBefore: toInstant(new Date(now + days(1))),
    };
    const found: T[] = [];
    let token: string | null | undefined;
    for (let page = 1; page <= maxPages; page += 1) {
      const more = token ? { continuationToken: token } : {};
      const answer = await this.#reader.read({ ...request, body: { ...range, ...body, ...more } }, schema, call());
      found.push(...answer.value);
      token = answer.continuationToken;
      if (!token) return found;
    }
    throw malformedAnswer(request.operation);
  }
}

const asking = (resourceId: string, method: "GET" | "POST", path: string, action: string): PlatformRead => ({
  operation: `Data Factory ${action}`,
  action: `${namespace}/${action}`,
  resourceId,
  method,
  path: `${resourceId}${path}?${apiVersion}`,
});

/** One that names another linked service has another key; one that names none may have this one. */
const mayUse = ({ activityType, linkedServiceName, status }: Activity, linkedService: string): boolean =>
  activityType === "Custom" &&
  !["Succeeded", "Failed", "Cancelled", "Skipped"].includes(status) &&
  (!linkedServiceName || linkedServiceName.toLowerCase() === linkedService.toLowerCase());

const instantOf = (text: string | null | undefined): string | null => {
  const at = new Date(text ?? "");
  return Number.isNaN(at.getTime()) ? null : toInstant(at);
};
