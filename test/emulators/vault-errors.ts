import { emulatedObjectId, emulatedTenant, systemAssignedClientId, type TokenVerdict } from "./tokens";
import { type Answer, jsonAnswer } from "./wire";

export const vaultError = (
  status: number,
  code: string,
  message: string,
  innerCode: string | null = null,
  headers: Readonly<Record<string, string>> = {},
): Answer =>
  jsonAnswer(
    status,
    { error: { code, message, ...(innerCode === null ? {} : { innererror: { code: innerCode } }) } },
    headers,
  );

const tokenProblems = {
  missing: "AKV10000: Request is missing a Bearer or PoP token.",
  malformed: "AKV10003: Signature-less or malformed token.",
  wrongAudience: "AKV10022: Invalid audience. Expected https://vault.azure.net.",
  expired: "[TokenExpired] Error validating token: the token has expired.",
} as const satisfies Record<Exclude<TokenVerdict, "valid">, string>;

export const challenge = (verdict: Exclude<TokenVerdict, "valid">): Answer =>
  vaultError(401, "Unauthorized", tokenProblems[verdict], null, {
    "www-authenticate":
      `Bearer authorization="https://login.microsoftonline.com/${emulatedTenant}", ` +
      `resource="https://vault.azure.net"`,
  });

export const forbiddenByRbac = (action: string, vault: string, secret: string): Answer => {
  const scope =
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/rg-vaults" +
    `/providers/microsoft.keyvault/vaults/${vault}`;
  return vaultError(
    403,
    "Forbidden",
    [
      "Caller is not authorized to perform action on resource.",
      "If role assignments, deny assignments or role definitions were changed recently, please observe " +
        "propagation time.",
      `Caller: appid=${systemAssignedClientId};oid=${emulatedObjectId};iss=https://sts.windows.net/${emulatedTenant}/`,
      `Action: 'Microsoft.KeyVault/vaults/secrets/${action}'`,
      `Resource: '${scope}/secrets/${secret}'`,
      "Assignment: (not found)",
      "DenyAssignmentId: null",
      "DecisionReason: 'DeniedWithNoValidRBAC' ",
      `Vault: ${vault};location=westeurope`,
      "",
    ].join("\r\n"),
    "ForbiddenByRbac",
  );
};

export const secretNotFound = (id: string): Answer =>
  vaultError(
    404,
    "SecretNotFound",
    `A secret with (name/id) ${id} was not found in this key vault. If you recently deleted this secret you may be ` +
      "able to recover it using the correct recovery command. For help resolving this issue, please see " +
      "https://go.microsoft.com/fwlink/?linkid=2125182",
  );

export const deletedSecretNotFound = (name: string): Answer =>
  vaultError(404, "SecretNotFound", `Deleted Secret not found: ${name}`);

export const secretIsDeleted = (name: string): Answer =>
  vaultError(
    409,
    "Conflict",
    `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; ` +
      "in this state, the secret can only be recovered or purged.",
    "ObjectIsDeletedButRecoverable",
  );

export const secretIsBeingRecovered = (name: string): Answer =>
  vaultError(409, "Conflict", `Secret ${name} is currently being recovered.`, "ObjectIsBeingRecovered");

export const secretIsDisabled = (): Answer =>
  vaultError(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled");

export const badParameter = (message: string): Answer => vaultError(400, "BadParameter", message);

/** The service's code for writing during a failover is not published; the condition is (availability documentation). */
export const vaultIsReadOnly = (): Answer =>
  vaultError(
    403,
    "Forbidden",
    "The operation is not supported while the key vault is in read-only mode.",
    "VaultReadOnly",
  );

/** Azure Policy in deny mode; the inner code is not published, so a test may choose it. */
export const refusedByPolicy = (innerCode: string): Answer =>
  vaultError(403, "Forbidden", "The secret was disallowed by policy.", innerCode);
