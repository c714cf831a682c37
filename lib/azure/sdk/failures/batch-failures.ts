import { batchRemedies, passingRemedies } from "../../../remedies";
import type { FailureRow } from "./failure-row";

/** The names of what Batch's data plane explains in words only: its code is `AuthenticationFailed` for all of them. */
export const batchDetails = {
  SharedKeyNotAllowed: /type of authentication SharedKey is not allowed/i,
  DateRefused: /date header|ocp-date|not within the allowed|too old/i,
} as const;

type Row = FailureRow<string>;

/**
 * The failures of Batch's data plane, other than a key that it does not accept
 * (learn.microsoft.com/rest/api/batchservice/batch-status-and-error-codes). A remedy names the account.
 */
export const batchFailures: readonly Row[] = [
  { status: 400, codes: [], lasts: null, cause: "the request was refused as wrong", remedy: passingRemedies.defect },
  ...[401, 403].flatMap((status): readonly Row[] => [
    {
      status,
      codes: ["SharedKeyNotAllowed"],
      lasts: "SharedKeyNotAllowed",
      cause: "the account refuses shared keys",
      remedy: batchRemedies.sharedKeyRefused,
    },
    {
      status,
      codes: ["DateRefused"],
      lasts: "Forbidden",
      cause: "the request's date is too far from the service's clock",
      remedy: batchRemedies.clock,
    },
    {
      status,
      codes: ["AccountIsDisabled", "InsufficientAccountPermissions"],
      lasts: "Forbidden",
      cause: "the account is disabled",
      remedy: batchRemedies.disabledAccount,
    },
    {
      status,
      codes: [],
      lasts: "Forbidden",
      cause: "the data plane refuses the rotator for another reason than its key",
      remedy: batchRemedies.dataPlane,
    },
  ]),
  {
    status: 404,
    codes: [],
    lasts: "NotFound",
    cause: "the data plane does not know the account",
    remedy: batchRemedies.unknownAccount,
  },
  {
    status: 409,
    codes: [],
    lasts: null,
    cause: "another operation on the account is under way",
    remedy: passingRemedies.conflict,
  },
];
