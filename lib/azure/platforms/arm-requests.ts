import type { SubscriptionArmOptions } from "../sdk/arm-options";
import type { PipelineResponse } from "@azure/core-rest-pipeline";
import * as z from "zod";
import { errorWord, jsonOf } from "../sdk/json-answer";
import { ArmAllowances, limitRequests } from "../sdk/pipeline";
import { openPlain } from "../sdk/plain-requests";
import { answered, notSent, PipelineStop } from "../sdk/failures/sdk-failure";

export interface ArmRequest {
  readonly method: "GET" | "POST";
  /** From the resource id on, with its query; or a link that Resource Manager has sent. */
  readonly path: string;
  readonly body?: unknown;
}

/** The body of a 200, parsed; null where it has none. Fails with `PipelineStop` for any other status. */
type AskArm = (request: ArmRequest, abortSignal: AbortSignal) => Promise<unknown>;

/**
 * Resource Manager, without an SDK: for the few requests to other services than Batch. `retryOptions` as of any
 * pipeline: a request that changes something is not repeated.
 */
export const openArm = (
  { credential, armEndpoint, armScope, allowances = new ArmAllowances() }: SubscriptionArmOptions,
  retryOptions: { readonly maxRetries: number },
): AskArm => {
  const policies = [limitRequests(allowances)];
  const send = openPlain({ credential, scope: armScope, retryOptions, policies });
  return async ({ path, ...request }, abortSignal) => {
    const url = path.startsWith("/") ? `${armEndpoint}${path}` : path;
    if (new URL(url).origin !== new URL(armEndpoint).origin) throw new PipelineStop(notSent("ForeignLink"));
    const response = await send({ ...request, url }, abortSignal);
    if (response.status !== 200) throw refused(response);
    return jsonOf(response.bodyAsText);
  };
};

const errorSchema = z.object({ error: z.object({ code: errorWord, message: z.string().nullish().catch(null) }) });

/** The right that is missing stands only in the message. */
const deniedAction = /perform action '([\w./]{1,200})'/;

const refused = ({ status, headers, bodyAsText }: PipelineResponse): PipelineStop => {
  const { error } = errorSchema.safeParse(jsonOf(bodyAsText)).data ?? {};
  return new PipelineStop({
    ...answered(status, headers),
    code: error?.code ?? null,
    deniedAction: deniedAction.exec(error?.message ?? "")?.[1] ?? null,
  });
};
