import { passingRemedies, tableRemedies } from "../../../remedies";
import type { FailureRow } from "./failure-row";

interface TableSubject {
  readonly table: string;
  /** Of the storage account; of an emulator its host. */
  readonly account: string;
}

type Row = FailureRow<TableSubject>;

const of =
  (remedy: (table: string, account: string) => string): Row["remedy"] =>
  ({ table, account }) =>
    remedy(table, account);

/**
 * The table service's failures (learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes and
 * .../table-service-error-codes).
 */
export const tableFailures: readonly Row[] = [
  {
    status: 400,
    codes: ["EntityTooLarge", "PropertyValueTooLarge", "TooManyProperties", "RequestBodyTooLarge"],
    lasts: null,
    cause: "the row is larger than a table holds",
    remedy: passingRemedies.defect,
  },
  {
    status: 400,
    codes: ["InvalidAuthenticationInfo"],
    lasts: "Forbidden",
    cause: "the form of the key or token is wrong",
    remedy: of(tableRemedies.wrongKey),
  },
  { status: 400, codes: [], lasts: null, cause: "the request was refused as wrong", remedy: passingRemedies.defect },
  {
    status: 401,
    codes: [],
    lasts: null,
    cause: "the token was not accepted",
    remedy: of(tableRemedies.otherTenant),
  },
  {
    status: 403,
    codes: ["AuthorizationPermissionMismatch"],
    lasts: "Forbidden",
    cause: "no role assignment gives this right",
    remedy: of(tableRemedies.forbidden),
  },
  {
    status: 403,
    codes: ["AuthorizationFailure"],
    lasts: "Forbidden",
    cause: "the network rules of the storage account do not admit the rotator",
    remedy: of(tableRemedies.firewall),
  },
  {
    status: 403,
    codes: ["AuthenticationFailed"],
    lasts: "Forbidden",
    cause: "the key, the signature or the token was not accepted",
    remedy: of(tableRemedies.wrongKey),
  },
  {
    status: 403,
    codes: ["KeyBasedAuthenticationNotPermitted"],
    lasts: "Forbidden",
    cause: "the storage account refuses account keys",
    remedy: of(tableRemedies.keysRefused),
  },
  {
    status: 403,
    codes: [
      "AuthorizationSourceIPMismatch",
      "AuthorizationProtocolMismatch",
      "AuthorizationServiceMismatch",
      "AuthorizationResourceTypeMismatch",
    ],
    lasts: "Forbidden",
    cause: "the shared access signature does not allow this",
    remedy: of(tableRemedies.signature),
  },
  {
    status: 403,
    codes: ["AccountIsDisabled", "InsufficientAccountPermissions"],
    lasts: "Forbidden",
    cause: "the storage account is disabled",
    remedy: of(tableRemedies.disabled),
  },
  {
    status: 403,
    codes: [],
    lasts: "Forbidden",
    cause: "the identity may not do this, or the network rules do not admit it",
    remedy: of(tableRemedies.forbidden),
  },
  {
    status: 404,
    codes: ["TableNotFound"],
    lasts: null,
    cause: "the table is not there, and is created at the next call",
    remedy: of(tableRemedies.missing),
  },
  { status: 404, codes: [], lasts: null, cause: "what was asked for is not there", remedy: of(tableRemedies.missing) },
  {
    status: 409,
    codes: ["TableBeingDeleted"],
    lasts: null,
    cause: "the table is being deleted, which takes at least 40 seconds",
    remedy: of(tableRemedies.beingDeleted),
  },
  {
    status: 409,
    codes: ["AccountBeingCreated"],
    lasts: null,
    cause: "the storage account is being created",
    remedy: passingRemedies.conflict,
  },
  {
    status: 409,
    codes: [],
    lasts: null,
    cause: "another writer was first",
    remedy: passingRemedies.conflict,
  },
];
