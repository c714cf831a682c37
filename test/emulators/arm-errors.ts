import { emulatedObjectId, emulatedTenant, systemAssignedClientId, type TokenVerdict } from "./tokens";
import { type Answer, jsonAnswer } from "./wire";

export const armError = (
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer => jsonAnswer(status, { error: { code, message } }, headers);

const tokenProblems = {
  missing: "Authentication failed. The 'Authorization' header is missing.",
  malformed: "The access token is invalid.",
  wrongAudience: "The access token has been obtained for wrong audience or resource.",
  expired: "The access token expiry UTC time is earlier than current UTC time.",
} as const satisfies Record<Exclude<TokenVerdict, "valid">, string>;

export const invalidToken = (verdict: Exclude<TokenVerdict, "valid">): Answer =>
  armError(401, verdict === "missing" ? "AuthenticationFailed" : "InvalidAuthenticationToken", tokenProblems[verdict], {
    "www-authenticate":
      `Bearer authorization_uri="https://login.windows.net/${emulatedTenant}", error="invalid_token", ` +
      `error_description="${tokenProblems[verdict]}"`,
  });

export const authorizationFailed = (action: string, scope: string): Answer =>
  armError(
    403,
    "AuthorizationFailed",
    [
      `The client '${systemAssignedClientId}' with object id '${emulatedObjectId}' does not have authorization to`,
      `perform action '${action}' over scope '${scope}' or the scope is invalid.`,
      "If access was recently granted, please refresh your credentials.",
    ].join(" "),
  );

export const accountNotFound = (name: string, group: string): Answer =>
  armError(
    404,
    "ResourceNotFound",
    `The Resource 'Microsoft.Batch/batchAccounts/${name}' under resource group '${group}' was not found. ` +
      "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    { "x-ms-failure-cause": "gateway" },
  );

export const scopeLocked = (scope: string, operation: string): Answer =>
  armError(
    409,
    "ScopeLocked",
    `The scope '${scope}' cannot perform ${operation} operation because following scope(s) are locked: '${scope}'. ` +
      "Please remove the lock and try again.",
  );
