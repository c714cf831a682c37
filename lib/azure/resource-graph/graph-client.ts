import type { ArmOptions } from "../sdk/arm-options";
import { createResourceGraph, resources } from "@azure/arm-resourcegraph/api";
import { readingRetries, stopAtLongWaits } from "../sdk/pipeline";
import type { GraphQuota } from "./graph-quota";

type Query = Parameters<typeof resources>[1];

/** One query, repeated where it fails in passing. */
export type AskPage = (query: Query, abortSignal: AbortSignal) => ReturnType<typeof resources>;

/** The SDK is loaded with this file, when discovery first asks. */
export const openGraph = ({ credential, armEndpoint, armScope }: ArmOptions, quota: GraphQuota): AskPage => {
  const client = createResourceGraph(credential, "", {
    endpoint: armEndpoint,
    credentials: { scopes: [armScope] },
    retryOptions: readingRetries,
    additionalPolicies: [stopAtLongWaits, quota.policy],
  });
  return (query, abortSignal) => resources(client, query, { abortSignal });
};
