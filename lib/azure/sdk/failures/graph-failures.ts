import { graphRemedies, passingRemedies } from "../../../remedies";
import type { DiscoveryConfig } from "../../../rotation/discovery/discovery-config";
import type { FailureRow } from "./failure-row";

type Row = FailureRow<DiscoveryConfig>;

/**
 * Resource Graph's failures (learn.microsoft.com/azure/governance/resource-graph/troubleshoot/general). An identity
 * without any right gets an empty answer, not a refusal.
 */
export const graphFailures: readonly Row[] = [
  {
    status: 400,
    codes: ["InvalidApiVersionParameter", "NoRegisteredProviderFound", "InvalidResourceType"],
    lasts: "Unreachable",
    cause: "this Resource Manager does not know the API version that the rotator asks for",
    remedy: graphRemedies.wrongEndpoint,
  },
  {
    status: 400,
    codes: [],
    lasts: "NotFound",
    cause: "the scope or the query was refused",
    remedy: graphRemedies.scope,
  },
  {
    status: 401,
    codes: ["InvalidAuthenticationTokenTenant"],
    lasts: "Forbidden",
    cause: "the token is of another tenant",
    remedy: graphRemedies.otherTenant,
  },
  { status: 401, codes: [], lasts: null, cause: "the token was not accepted", remedy: passingRemedies.token },
  {
    status: 403,
    codes: [],
    lasts: "Forbidden",
    cause: "the identity may not read the scope",
    remedy: graphRemedies.forbidden,
  },
  { status: 404, codes: [], lasts: "NotFound", cause: "the scope is not there", remedy: graphRemedies.scope },
  { status: 409, codes: [], lasts: null, cause: "another operation is under way", remedy: passingRemedies.conflict },
  { status: 429, codes: [], lasts: null, cause: "the quota of queries is used up", remedy: graphRemedies.quota },
];
