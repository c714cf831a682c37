import { passingRemedies, platformRemedies } from "../../../remedies";
import type { FailureRow } from "./failure-row";

/** One action on the resource that a consumer names as its platform. */
interface PlatformSubject {
  readonly resourceId: string;
  /** As it stands in a role definition. */
  readonly action: string;
}

type Row = FailureRow<PlatformSubject>;

/** Resource Manager's failures for the resources of other services, on which an identity may have no right at all. */
export const platformFailures: readonly Row[] = [
  {
    status: 400,
    codes: ["InvalidApiVersionParameter", "NoRegisteredProviderFound", "InvalidResourceType"],
    lasts: "Unreachable",
    cause: "this Resource Manager does not know the API version that the rotator asks for",
    remedy: platformRemedies.wrongEndpoint,
  },
  { status: 400, codes: [], lasts: null, cause: "the request was refused as wrong", remedy: passingRemedies.defect },
  {
    status: 401,
    codes: ["InvalidAuthenticationTokenTenant"],
    lasts: "Forbidden",
    cause: "the token is of another tenant",
    remedy: platformRemedies.otherTenant,
  },
  { status: 401, codes: [], lasts: null, cause: "the token was not accepted", remedy: passingRemedies.token },
  {
    status: 403,
    codes: [],
    lasts: "Forbidden",
    cause: "the identity may not do this",
    remedy: platformRemedies.forbidden,
  },
  { status: 404, codes: [], lasts: "NotFound", cause: "the resource is not there", remedy: platformRemedies.notFound },
  { status: 409, codes: [], lasts: null, cause: "another operation is under way", remedy: passingRemedies.conflict },
  {
    status: 429,
    codes: [],
    lasts: null,
    cause: "the allowance of requests is used up",
    remedy: platformRemedies.throttled,
  },
];
