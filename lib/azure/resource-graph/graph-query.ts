import * as z from "zod";
import type { DiscoveryConfig } from "../../rotation/discovery/discovery-config";
import type { GraphAccount } from "../../rotation/discovery/known-account";

/** Names of tags hold no quote: the configuration lets none through. */
const tagOf = (name: string): string => `tostring(tags['${name}'])`;

/**
 * Every Batch account in scope, so that those without the tag are known as well. Sorted by a column without repeats, or
 * pages could miss an account. A tag that is absent and one that is empty both read as an empty text.
 */
export const graphQuery = ({ tag, consumersTag }: DiscoveryConfig): string =>
  [
    "resources",
    "| where type =~ 'microsoft.batch/batchaccounts'",
    `| extend profile = ${tagOf(tag)}, consumers = ${tagOf(consumersTag)}`,
    "| extend modes = properties.allowedAuthenticationModes, mode = tostring(properties.poolAllocationMode)",
    "| project id, location, profile, consumers, modes, mode",
    "| order by id asc",
  ].join("\n");

const text = z.string().nullish();

export const rowSchema = z.object({
  id: z.string().regex(/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/[^/]+\/batchAccounts\/[^/]+$/i),
  location: text,
  profile: text,
  consumers: text,
  // An array; where the graph does not hold it, null or nothing.
  modes: z.array(z.string()).nullish().catch(null),
  mode: text,
});

/** No list at all means the default, which allows shared keys. */
export const accountOf = ({
  id,
  location,
  profile,
  consumers,
  modes,
  mode,
}: z.output<typeof rowSchema>): GraphAccount => ({
  resourceId: id,
  location: location ?? "",
  tags: profile ? { profile, consumers: consumers || null } : null,
  sharedKey: mode !== "UserSubscription" && (modes?.some((one) => one === "SharedKey") ?? true),
});
