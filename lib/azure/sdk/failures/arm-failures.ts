import { batchRemedies, passingRemedies } from "../../../remedies";
import type { BatchAccountRef } from "../../../rotation/account-config";
import type { FailureRow } from "./failure-row";

/** One action on one Batch account, as it stands in a role definition. */
interface ArmSubject {
  readonly ref: BatchAccountRef;
  readonly action: string;
}

type Row = FailureRow<ArmSubject>;

const notFound: Row["remedy"] = ({ ref }) => batchRemedies.notFound(ref);
const forbidden: Row["remedy"] = ({ ref, action }) => batchRemedies.forbidden(ref, action);
const policy: Row["remedy"] = ({ ref, action }) => batchRemedies.policy(ref, action);

/**
 * Resource Manager's failures
 * (learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors).
 */
export const armFailures: readonly Row[] = [
  {
    status: 400,
    codes: [
      "InvalidApiVersionParameter",
      "MissingApiVersionParameter",
      "NoRegisteredProviderFound",
      "InvalidResourceType",
    ],
    lasts: "Unreachable",
    cause: "this Resource Manager does not know the API version that the rotator asks for",
    remedy: batchRemedies.wrongEndpoint,
  },
  {
    status: 400,
    codes: ["InvalidSubscriptionId"],
    lasts: "NotFound",
    cause: "the subscription's id is none",
    remedy: notFound,
  },
  { status: 400, codes: [], lasts: null, cause: "the request was refused as wrong", remedy: passingRemedies.defect },
  {
    status: 401,
    codes: ["InvalidAuthenticationTokenTenant"],
    lasts: "Forbidden",
    cause: "the token is of another tenant",
    remedy: ({ ref }) => batchRemedies.otherTenant(ref),
  },
  { status: 401, codes: [], lasts: null, cause: "the token was not accepted", remedy: passingRemedies.token },
  {
    status: 403,
    codes: ["AuthorizationFailed"],
    lasts: "Forbidden",
    cause: "no role assignment gives this right",
    remedy: forbidden,
  },
  {
    status: 403,
    codes: ["LinkedAuthorizationFailed"],
    lasts: "Forbidden",
    cause: "the right on a linked resource is missing",
    remedy: forbidden,
  },
  {
    status: 403,
    codes: ["DenyAssignmentAuthorizationFailed"],
    lasts: "Forbidden",
    cause: "a deny assignment refuses this right",
    remedy: ({ ref }) => batchRemedies.denied(ref),
  },
  {
    status: 403,
    codes: ["RequestDisallowedByPolicy", "RequestDisallowedByAzure", "PolicyViolation"],
    lasts: "PolicyRefused",
    cause: "an Azure policy refuses it",
    remedy: policy,
  },
  {
    status: 403,
    codes: ["SubscriptionDisabled", "ReadOnlyDisabledSubscription"],
    lasts: "Forbidden",
    cause: "the subscription is disabled",
    remedy: ({ ref }) => batchRemedies.disabledSubscription(ref),
  },
  { status: 403, codes: [], lasts: "Forbidden", cause: "the identity may not do this", remedy: forbidden },
  {
    status: 404,
    codes: ["ResourceGroupNotFound"],
    lasts: "NotFound",
    cause: "the resource group is not there",
    remedy: notFound,
  },
  {
    status: 404,
    codes: ["SubscriptionNotFound"],
    lasts: "NotFound",
    cause: "the subscription is not there, or not in the identity's tenant",
    remedy: notFound,
  },
  {
    status: 404,
    codes: ["ResourceNotFound", "AccountNotFound"],
    lasts: "NotFound",
    cause: "the Batch account is not there",
    remedy: notFound,
  },
  { status: 404, codes: [], lasts: "NotFound", cause: "what was asked for is not there", remedy: notFound },
  {
    status: 409,
    codes: ["ScopeLocked"],
    lasts: "ResourceLocked",
    cause: "a lock forbids it",
    remedy: ({ ref }) => batchRemedies.locked(ref),
  },
  {
    status: 409,
    codes: ["ReadOnlyDisabledSubscription", "SubscriptionDisabled"],
    lasts: "Forbidden",
    cause: "the subscription is disabled, so it can only be read",
    remedy: ({ ref }) => batchRemedies.disabledSubscription(ref),
  },
  {
    status: 409,
    codes: ["MissingSubscriptionRegistration", "SubscriptionNotRegistered"],
    lasts: "NotFound",
    cause: "the subscription does not have the provider Microsoft.Batch",
    remedy: ({ ref }) => batchRemedies.unregistered(ref),
  },
  {
    status: 409,
    codes: [],
    lasts: null,
    cause: "another operation on the account is under way",
    remedy: passingRemedies.conflict,
  },
];
