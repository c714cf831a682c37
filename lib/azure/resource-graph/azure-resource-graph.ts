import type { ArmOptions } from "../sdk/arm-options";
import * as z from "zod";
import type { CallOptions } from "../../ports/call";
import type { GraphAnswer, ResourceGraph } from "../../ports/discovery";
import type { DiscoveryConfig } from "../../rotation/discovery/discovery-config";
import type { GraphAccount } from "../../rotation/discovery/known-account";
import { seconds } from "../../rotation/time/units";
import { loadOnce } from "../sdk/load-once";
import { withDeadline } from "../sdk/pipeline";
import { graphRefusal } from "../sdk/failures/refusals";
import { callSdk, malformedAnswer, type SdkCall } from "../sdk/failures/service-errors";
import type { AskPage } from "./graph-client";
import { accountOf, graphQuery, rowSchema } from "./graph-query";
import { GraphQuota } from "./graph-quota";

interface ResourceGraphOptions extends ArmOptions {
  /** Waits between two pages where the quota is used up. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Resource Graph holds no more rows in one answer. */
const pageSize = 1000;
/** More pages than a tenant has Batch accounts for: an answer that does not end says nothing. */
const maxPages = 1000;
const maxPageMs = seconds(60);

const operation = "Resource Graph query";
const rows = z.array(rowSchema);

/** The Batch accounts of a scope, page after page. */
export class AzureResourceGraph implements ResourceGraph {
  readonly #options: ResourceGraphOptions;

  readonly #sdk = loadOnce(() => import("./graph-client"));

  constructor(options: ResourceGraphOptions) {
    this.#options = options;
  }

  async batchAccounts(discovery: DiscoveryConfig, { signal }: CallOptions): Promise<GraphAnswer> {
    const { sleep } = this.#options;
    const quota = new GraphQuota();
    const { openGraph } = await this.#sdk();
    const ask = openGraph(this.#options, quota);
    const accounts: GraphAccount[] = [];
    let skipToken: string | undefined;
    for (let page = 1; page <= maxPages; page += 1) {
      await sleep(quota.waitMs, signal);
      const answer = await this.#page(ask, discovery, skipToken, signal);
      accounts.push(...answer.accounts);
      skipToken = answer.skipToken;
      if (skipToken !== undefined) continue;
      const incomplete = quota.limitHit ? tenantLimit : answer.isTruncated ? truncated : null;
      return { accounts, isComplete: incomplete === null, incomplete };
    }
    throw malformedAnswer(operation);
  }

  async #page(ask: AskPage, discovery: DiscoveryConfig, skipToken: string | undefined, signal: AbortSignal) {
    const call: SdkCall = { operation, effect: "read", refusal: graphRefusal(discovery) };
    const request = {
      ...scopeOf(discovery),
      query: graphQuery(discovery),
      options: {
        top: pageSize,
        resultFormat: "objectArray" as const,
        allowPartialScopes: "managementGroups" in discovery.scope,
        ...(skipToken === undefined ? {} : { skipToken }),
      },
    };
    const answer = await callSdk(call, signal, () => ask(request, withDeadline(signal, maxPageMs)));
    const read = rows.safeParse(answer.data);
    if (!read.success) throw malformedAnswer(operation);
    return {
      accounts: read.data.map(accountOf),
      skipToken: answer.skipToken || undefined,
      isTruncated: answer.resultTruncated === "true",
    };
  }
}

const scopeOf = ({ scope }: DiscoveryConfig) =>
  "managementGroups" in scope
    ? { managementGroups: [...scope.managementGroups] }
    : { subscriptions: [...scope.subscriptions] };

const tenantLimit =
  "Resource Graph read only the first 10,000 subscriptions of the scope of discovery (tenant limit): " +
  "name management groups that hold fewer, in several rotators";

const truncated = "Resource Graph cut its answer off: narrow the scope of discovery";
