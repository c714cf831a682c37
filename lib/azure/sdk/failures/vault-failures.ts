import { passingRemedies, vaultRemedies } from "../../../remedies";
import type { SecretRef } from "../../../rotation/account-config";
import type { FailureRow } from "./failure-row";

/** One command on one secret: its action in a role definition, and its right in an access policy. */
interface VaultSubject {
  readonly ref: SecretRef;
  readonly command: string;
  readonly action: string;
  readonly permission: "get" | "set";
}

type Row = FailureRow<VaultSubject>;

const forbidden: Row["remedy"] = ({ ref, action, permission }) => vaultRemedies.forbidden(ref, action, permission);
const notFound: Row["remedy"] = ({ ref }) => vaultRemedies.notFound(ref);

/**
 * Key Vault's failures, by the inner code where there is one: the outer one of a 403 is `Forbidden` for all of them
 * (learn.microsoft.com/azure/key-vault/general/rest-error-codes).
 */
export const vaultFailures: readonly Row[] = [
  { status: 400, codes: [], lasts: null, cause: "the request was refused as wrong", remedy: passingRemedies.defect },
  {
    status: 401,
    codes: ["AKV10032"],
    lasts: "Forbidden",
    cause: "the token is of another tenant",
    remedy: ({ ref }) => vaultRemedies.otherTenant(ref),
  },
  {
    status: 401,
    codes: ["AKV10022"],
    lasts: "Forbidden",
    cause: "the token is for another cloud's vaults",
    remedy: vaultRemedies.otherCloud,
  },
  { status: 401, codes: [], lasts: null, cause: "the token was not accepted", remedy: passingRemedies.token },
  {
    status: 403,
    codes: ["AccessDenied", "ForbiddenByPolicy"],
    lasts: "Forbidden",
    cause: "no access policy of the vault gives this right",
    remedy: forbidden,
  },
  {
    status: 403,
    codes: ["ForbiddenByRbac"],
    lasts: "Forbidden",
    cause: "no role assignment gives this right",
    remedy: forbidden,
  },
  {
    status: 403,
    codes: ["ForbiddenByFirewall"],
    lasts: "Forbidden",
    cause: "the vault's firewall does not admit the rotator's address",
    remedy: ({ ref }) => vaultRemedies.firewall(ref),
  },
  {
    status: 403,
    codes: ["ForbiddenByConnection"],
    lasts: "Forbidden",
    cause: "the vault has no public access, and the rotator does not come through a private endpoint",
    remedy: ({ ref }) => vaultRemedies.connection(ref),
  },
  {
    status: 403,
    codes: ["SecretDisabled"],
    lasts: "SecretDisabled",
    cause: "the version is disabled",
    remedy: ({ ref }) => vaultRemedies.disabled(ref),
  },
  {
    status: 403,
    codes: ["RequestDisallowedByPolicy"],
    lasts: "PolicyRefused",
    cause: "an Azure policy refuses it",
    remedy: ({ ref, command }) => vaultRemedies.policy(ref, command),
  },
  {
    status: 403,
    codes: ["VaultReadOnly"],
    lasts: null,
    cause: "the vault can only be read during a failover",
    remedy: passingRemedies.failover,
  },
  { status: 403, codes: [], lasts: "Forbidden", cause: "the identity may not do this", remedy: forbidden },
  { status: 404, codes: ["SecretNotFound"], lasts: "NotFound", cause: "the version is not there", remedy: notFound },
  {
    status: 404,
    codes: ["VaultNotFound"],
    lasts: "NotFound",
    cause: "the vault is not there",
    remedy: ({ ref }) => vaultRemedies.noVault(ref),
  },
  { status: 404, codes: [], lasts: "NotFound", cause: "what was asked for is not there", remedy: notFound },
  {
    status: 409,
    codes: ["ObjectIsDeletedButRecoverable"],
    lasts: "SecretDeleted",
    cause: "the secret is deleted",
    remedy: ({ ref }) => vaultRemedies.deleted(ref),
  },
  {
    status: 409,
    codes: ["ObjectIsBeingDeleted"],
    lasts: null,
    cause: "the secret is being deleted",
    remedy: ({ ref }) => vaultRemedies.deleted(ref),
  },
  {
    status: 409,
    codes: ["ObjectIsBeingRecovered"],
    lasts: null,
    cause: "the secret is being recovered",
    remedy: passingRemedies.conflict,
  },
  {
    status: 409,
    codes: [],
    lasts: null,
    cause: "another change of the secret is under way",
    remedy: passingRemedies.conflict,
  },
];
