import { logRemedies, passingRemedies } from "../../../remedies";
import type { FailureRow } from "./failure-row";

/** The subject is the workspace's id. */
type Row = FailureRow<string>;

/** The failures of the query API of Log Analytics (learn.microsoft.com/azure/azure-monitor/logs/api/errors). */
export const logFailures: readonly Row[] = [
  {
    status: 400,
    codes: ["SemanticError"],
    lasts: "NotFound",
    cause: "the workspace has no table AZKVAuditLogs yet",
    remedy: logRemedies.noTable,
  },
  { status: 400, codes: [], lasts: null, cause: "the query was refused as wrong", remedy: passingRemedies.defect },
  {
    status: 401,
    codes: ["InvalidAuthenticationTokenTenant"],
    lasts: "Forbidden",
    cause: "the token is of another tenant",
    remedy: logRemedies.otherTenant,
  },
  { status: 401, codes: [], lasts: null, cause: "the token was not accepted", remedy: passingRemedies.token },
  {
    status: 403,
    codes: [],
    lasts: "Forbidden",
    cause: "the identity may not read the workspace",
    remedy: logRemedies.forbidden,
  },
  { status: 404, codes: [], lasts: "NotFound", cause: "the workspace is not there", remedy: logRemedies.notFound },
  { status: 409, codes: [], lasts: null, cause: "another operation is under way", remedy: passingRemedies.conflict },
  { status: 429, codes: [], lasts: null, cause: "the workspace takes no more queries now", remedy: logRemedies.quota },
  { status: 504, codes: [], lasts: null, cause: "the query took too long", remedy: logRemedies.slow },
];
