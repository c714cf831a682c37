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
import { armLimiters, limitRequests, stopAtLongWaits } from "../sdk/pipeline";
import { answered, notSent, PipelineStop } from "../sdk/sdk-failure";

export interface ArmRequestOptions {
  readonly credential: TokenCredential;
  /** Base URL of Resource Manager. */
  readonly armEndpoint: string;
  /** The token's scope, which stays the cloud's whatever the endpoint is. */
  readonly armScope: string;
}

export interface ArmRequest {
  readonly method: "GET" | "POST";
  /** From the resource id on, with its query; or a link that Resource Manager has sent. */
  readonly path: string;
  readonly body?: unknown;
}

/** The body of a 200, parsed; null where it has none. Fails with `PipelineStop` for any other status. */
export type AskArm = (request: ArmRequest, abortSignal: AbortSignal) => Promise<unknown>;

/**
 * Resource Manager, without an SDK: for the few requests to other services than Batch. `retryOptions` as of any
 * pipeline: a request that changes something is not repeated.
 */
export const openArm = (
  { credential, armEndpoint, armScope }: ArmRequestOptions,
  retryOptions: { readonly maxRetries: number },
): AskArm => {
  // The token goes to this service alone, wherever an answer points.
  const pipeline = createPipelineFromOptions({ retryOptions, redirectOptions: { maxRetries: 0 } });
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: armScope }), { afterPhase: "Retry" });
  pipeline.addPolicy(limitRequests(armLimiters()).policy, { afterPhase: "Retry" });
  pipeline.addPolicy(stopAtLongWaits.policy, { afterPhase: "Retry" });
  const client = createDefaultHttpClient();
  return async ({ method, path, body }, abortSignal) => {
    const url = path.startsWith("/") ? `${armEndpoint}${path}` : path;
    if (new URL(url).origin !== new URL(armEndpoint).origin) throw new PipelineStop(notSent("ForeignLink"));
    const request = createPipelineRequest({
      url,
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: createHttpHeaders({ accept: "application/json", "content-type": "application/json" }),
      abortSignal,
    });
    const response = await pipeline.sendRequest(client, request);
    if (response.status !== 200) throw refused(response);
    return parsed(response.bodyAsText ?? "");
  };
};

const code = z
  .string()
  .regex(/^[\w.-]{1,64}$/)
  .nullish()
  .catch(null);
const errorSchema = z.object({ error: z.object({ code, message: z.string().nullish().catch(null) }) });

/** The right that is missing stands only in the message. */
const deniedAction = /perform action '([\w./]{1,200})'/;

const refused = ({ status, headers, bodyAsText }: PipelineResponse): PipelineStop => {
  const { error } = errorSchema.safeParse(parsed(bodyAsText ?? "")).data ?? {};
  return new PipelineStop({
    ...answered(status, headers),
    code: error?.code ?? null,
    deniedAction: deniedAction.exec(error?.message ?? "")?.[1] ?? null,
  });
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
