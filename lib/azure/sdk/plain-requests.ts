import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type PipelineResponse,
} from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import { type PolicyConfig, stopAtLongWaits } from "./pipeline";

interface PlainRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface PlainOptions {
  readonly credential: TokenCredential;
  readonly scope: string;
  readonly retryOptions: { readonly maxRetries: number };
  /** Apply to every request that is sent, repeated ones too. */
  readonly policies?: readonly PolicyConfig[];
}

type SendPlain = (request: PlainRequest, abortSignal: AbortSignal) => Promise<PipelineResponse>;

/** JSON requests to a service of Azure without an SDK of its own. An answer of any status is returned. */
export const openPlain = ({ credential, scope, retryOptions, policies = [] }: PlainOptions): SendPlain => {
  // The token goes to this service alone, wherever an answer points.
  const pipeline = createPipelineFromOptions({ retryOptions, redirectOptions: { maxRetries: 0 } });
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: scope }), { afterPhase: "Retry" });
  for (const { policy } of [...policies, stopAtLongWaits]) pipeline.addPolicy(policy, { afterPhase: "Retry" });
  const client = createDefaultHttpClient();
  return ({ url, method, body, headers = {} }, abortSignal) => {
    const request = createPipelineRequest({
      url,
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: createHttpHeaders({ accept: "application/json", "content-type": "application/json", ...headers }),
      abortSignal,
    });
    return pipeline.sendRequest(client, request);
  };
};
