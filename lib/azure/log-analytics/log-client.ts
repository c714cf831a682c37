import type { PipelineResponse } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import * as z from "zod";
import { errorWord, jsonOf } from "../sdk/json-answer";
import { readingRetries } from "../sdk/pipeline";
import { openPlain } from "../sdk/plain-requests";
import { answered, PipelineStop } from "../sdk/failures/sdk-failure";

export interface LogClientOptions {
  readonly credential: TokenCredential;
  /** Base URL of the query API of Log Analytics. */
  readonly logEndpoint: string;
  /** The token's scope, which stays the cloud's whatever the endpoint is. */
  readonly logScope: string;
  /** The workspace's id, a GUID: not its resource id. */
  readonly workspaceId: string;
}

interface LogQuery {
  readonly query: string;
  /** ISO 8601, from and to. */
  readonly timespan: string;
}

/** The text of a 200; fails with `PipelineStop` for any other status. */
export type AskLog = (query: LogQuery, abortSignal: AbortSignal) => Promise<string>;

/** In seconds: the service ends a query by itself before the caller does, so that none goes on without a caller. */
const maxQueryS = 25;

export const openLog = ({ credential, logEndpoint, logScope, workspaceId }: LogClientOptions): AskLog => {
  const send = openPlain({ credential, scope: logScope, retryOptions: readingRetries });
  const url = `${logEndpoint}/v1/workspaces/${workspaceId}/query`;
  return async (body, abortSignal) => {
    const response = await send({ url, method: "POST", body, headers: { prefer: `wait=${maxQueryS}` } }, abortSignal);
    if (response.status !== 200) throw refused(response);
    return response.bodyAsText ?? "";
  };
};

const errorSchema = z.object({
  error: z.object({ code: errorWord, innererror: z.object({ code: errorWord }).nullish() }),
});

/** Which kind of a wrong query it is stands in the inner error only. */
const refused = ({ status, headers, bodyAsText }: PipelineResponse): PipelineStop => {
  const { error } = errorSchema.safeParse(jsonOf(bodyAsText)).data ?? {};
  const [code, innerCode] = [error?.code ?? null, error?.innererror?.code ?? null];
  return new PipelineStop({ ...answered(status, headers), code, innerCode });
};
