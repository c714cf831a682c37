import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type PipelineResponse,
} from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import * as z from "zod";
import { readingRetries, stopAtLongWaits } from "../sdk/pipeline";
import { answered, PipelineStop } from "../sdk/sdk-failure";

export interface LogClientOptions {
  readonly credential: TokenCredential;
  /** Base URL of the query API of Log Analytics. */
  readonly logEndpoint: string;
  /** The token's scope, which stays the cloud's whatever the endpoint is. */
  readonly logScope: string;
  /** The workspace's id, a GUID: not its resource id. */
  readonly workspaceId: string;
}

export interface LogQuery {
  readonly query: string;
  /** ISO 8601, from and to. */
  readonly timespan: string;
}

/** The text of a 200; fails with `PipelineStop` for any other status. */
export type AskLog = (query: LogQuery, abortSignal: AbortSignal) => Promise<string>;

/** In seconds: the service ends a query by itself before the caller does, so that none goes on without a caller. */
const maxQueryS = 25;

export const openLog = ({ credential, logEndpoint, logScope, workspaceId }: LogClientOptions): AskLog => {
  // The token goes to this service alone, wherever an answer points.
  const pipeline = createPipelineFromOptions({ retryOptions: readingRetries, redirectOptions: { maxRetries: 0 } });
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: logScope }), { afterPhase: "Retry" });
  pipeline.addPolicy(stopAtLongWaits.policy, { afterPhase: "Retry" });
  const client = createDefaultHttpClient();
  return async (query, abortSignal) => {
    const request = createPipelineRequest({
      url: `${logEndpoint}/v1/workspaces/${workspaceId}/query`,
      method: "POST",
      body: JSON.stringify(query),
      headers: createHttpHeaders({ "content-type": "application/json", prefer: `wait=${maxQueryS}` }),
      abortSignal,
    });
    const response = await pipeline.sendRequest(client, request);
    if (response.status !== 200) throw refused(response);
    return response.bodyAsText ?? "";
  };
};

const word = z
  .string()
  .regex(/^[\w.-]{1,64}$/)
  .nullish()
  .catch(null);
const errorSchema = z.object({ error: z.object({ code: word, innererror: z.object({ code: word }).nullish() }) });

/** Which kind of a wrong query it is stands in the inner error only. */
const refused = ({ status, headers, bodyAsText }: PipelineResponse): PipelineStop => {
  const { error } = errorSchema.safeParse(parsed(bodyAsText ?? "")).data ?? {};
  const [code, innerCode] = [error?.code ?? null, error?.innererror?.code ?? null];
  return new PipelineStop({ ...answered(status, headers), code, innerCode });
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
