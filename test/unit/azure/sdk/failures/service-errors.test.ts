import { inspect } from "node:util";
import { OperatorNeededError, OutcomeUnknownError, TransientServiceError } from "../../../../../lib/errors";
import { batchRefusal, tableRefusal, vaultRefusal } from "../../../../../lib/azure/sdk/failures/refusals";
import { callSdk, type SdkCall, toServiceError } from "../../../../../lib/azure/sdk/failures/service-errors";
import { readFailure } from "../../../../../lib/azure/sdk/failures/sdk-failure";
import { aNamedError, anSdkError, leakedKey } from "../sdk-error-builder";

const ref = {
  resourceId: "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts/renderweu",
  subscriptionId: "s1",
  resourceGroup: "rg",
  accountName: "renderweu",
};
const secret = { vaultUrl: "https://v.vault.azure.net", name: "a-key" };

const reading: SdkCall = { operation: "Batch listKeys", effect: "read", refusal: batchRefusal(ref, "listKeys") };
const regenerating: SdkCall = {
  operation: "Batch regenerateKeys",
  effect: "change",
  refusal: batchRefusal(ref, "regenerateKeys"),
};
const publishing: SdkCall = {
  operation: "Key Vault setSecret",
  effect: "change",
  refusal: vaultRefusal(secret, "set"),
};
const fetching: SdkCall = { operation: "Key Vault getSecret", effect: "read", refusal: vaultRefusal(secret, "get") };
const tabling: SdkCall = {
  operation: "Tables get entity",
  effect: "read",
  refusal: tableRefusal("BatchKeyRotations", "https://rotatorstore.table.core.windows.net"),
};

const thrownBy = async (error: unknown): Promise<unknown> => {
  try {
    return await callSdk(regenerating, new AbortController().signal, async () => {
      throw error;
    });
  } catch (caught) {
    return caught;
  }
};

const translate = (call: SdkCall, error: unknown) => toServiceError(readFailure(error), call);

describe("a write that is sent once", () => {
  it.each([
    ["status 500", anSdkError({ status: 500, code: "InternalServerError" })],
    ["status 502", anSdkError({ status: 502 })],
    ["status 503 with Retry-After", anSdkError({ status: 503, headers: { "retry-after": "1" } })],
    ["status 504", anSdkError({ status: 504 })],
    ["status 408", anSdkError({ status: 408 })],
    ["an unexpected 202", anSdkError({ status: 202 })],
    ["a redirect, which is not followed", anSdkError({ status: 308 })],
    ["a truncated body on a 200", anSdkError({ status: 200, code: "PARSE_ERROR" })],
    ["a reset in the middle of the body", anSdkError({ code: "PARSE_ERROR" })],
    ["a reset connection", anSdkError({ code: "ECONNRESET" })],
    ["a socket timeout", anSdkError({ code: "ETIMEDOUT" })],
    ["an abort", aNamedError("AbortError")],
    ["a failure inside the SDK", new TypeError("Cannot read properties of undefined")],
    ["a thrown value that is not an error", "failed"],
  ])("is of unknown outcome after %s", (_, error) => {
    expect(translate(regenerating, error)).toBeInstanceOf(OutcomeUnknownError);
    expect(translate(publishing, error)).toBeInstanceOf(OutcomeUnknownError);
  });

  it.each([
    ["status 400", anSdkError({ status: 400 })],
    ["status 401", anSdkError({ status: 401, code: "InvalidAuthenticationToken" })],
    ["status 409", anSdkError({ status: 409, code: "Conflict" })],
    ["status 412", anSdkError({ status: 412 })],
    ["status 429", anSdkError({ status: 429, code: "TooManyRequests" })],
    ["a host name that does not resolve", anSdkError({ code: "ENOTFOUND" })],
    ["a busy resolver", anSdkError({ code: "EAI_AGAIN" })],
    ["a refused connection", anSdkError({ code: "ECONNREFUSED" })],
    ["an unavailable identity endpoint", aNamedError("CredentialUnavailableError")],
    ["a sign-in service that failed", aNamedError("AuthenticationError", { statusCode: 500 })],
  ])("is certainly not done after %s", (_, error) => {
    expect(translate(regenerating, error)).toBeInstanceOf(TransientServiceError);
    expect(translate(publishing, error)).toBeInstanceOf(TransientServiceError);
  });
});

test("a call whose caller has already aborted is not sent, so its outcome is known", async () => {
  const sent: string[] = [];
  const call = callSdk(regenerating, AbortSignal.abort(), async () => sent.push("sent"));
  await expect(call).rejects.toThrow(TransientServiceError);
  expect(sent).toEqual([]);
});

test.each([
  anSdkError({ status: 500 }),
  anSdkError({ status: 202 }),
  anSdkError({ code: "ECONNRESET" }),
  anSdkError({ status: 200, code: "PARSE_ERROR" }),
  aNamedError("AbortError"),
  new TypeError("Cannot read properties of undefined"),
])("a read is never of unknown outcome (%#)", (error) => {
  expect(translate(reading, error)).toBeInstanceOf(TransientServiceError);
});

/** An answer of Key Vault. */
const forbidden = (innerCode: string) => ({ status: 403, code: "Forbidden", innerCode });
const unauthorised = { status: 403, code: "AuthorizationFailed" };

describe("a failure that needs an operator", () => {
  it.each([
    [regenerating, unauthorised, "Forbidden", /Microsoft.Batch\/batchAccounts\/regeneratekeys\/action on .*renderweu/],
    [reading, unauthorised, "Forbidden", /Microsoft.Batch\/batchAccounts\/listkeys\/action on .*renderweu/],
    [reading, { status: 401, code: "InvalidAuthenticationTokenTenant" }, "Forbidden", /another tenant/],
    [regenerating, { status: 403, code: "RequestDisallowedByPolicy" }, "PolicyRefused", /policy exemption/],
    [reading, { status: 404, code: "ResourceNotFound" }, "NotFound", /resourceId in ROTATION_ACCOUNTS/],
    [reading, { status: 404, code: "SubscriptionNotFound" }, "NotFound", /batchAccounts\/renderweu/],
    [regenerating, { status: 409, code: "ScopeLocked" }, "ResourceLocked", /az lock/],
    [
      publishing,
      forbidden("ForbiddenByRbac"),
      "Forbidden",
      /setSecret\/action on https:\/\/v.vault.azure.net\/secrets\/a-key/,
    ],
    [fetching, forbidden("AccessDenied"), "Forbidden", /secret permission get/],
    [
      fetching,
      forbidden("SecretDisabled"),
      "SecretDisabled",
      /set-attributes --enabled true --id https:\/\/v.vault.azure.net\/secrets\/a-key\)/,
    ],
    [
      publishing,
      forbidden("ForbiddenByFirewall"),
      "Forbidden",
      /network rules.*az keyvault network-rule add --name v /,
    ],
    [publishing, forbidden("RequestDisallowedByPolicy"), "PolicyRefused", /policy/],
    [publishing, forbidden("ForbiddenByPolicy"), "Forbidden", /setSecret/],
    [
      publishing,
      { status: 409, code: "Conflict", innerCode: "ObjectIsDeletedButRecoverable" },
      "SecretDeleted",
      /secret recover --id https:\/\/v.vault.azure.net\/deletedsecrets\/a-key\)/,
    ],
    [fetching, { status: 401, code: "Unauthorized", message: "AKV10032: Invalid." }, "Forbidden", /another tenant/],
    [
      tabling,
      { status: 403, odataCode: "AuthorizationPermissionMismatch" },
      "Forbidden",
      new RegExp(
        [
          String.raw`--role "Storage Table Data Contributor"`,
          String.raw`--scope "\$\(az storage account show --name rotatorstore --query id --output tsv\)"$`,
        ].join(" "),
      ),
    ],
    [
      tabling,
      { status: 403, odataCode: "KeyBasedAuthenticationNotPermitted" },
      "Forbidden",
      /rotatorstore.*use an identity/,
    ],
  ] as const)("states the remedy (%#)", (call, what, reason, remedy) => {
    const error = translate(call, anSdkError(what));
    expect(error).toBeInstanceOf(OperatorNeededError);
    expect(error).toMatchObject({ reason, remedy: expect.stringMatching(remedy) as unknown });
  });

  it("names the identity that gets no token", () => {
    const error = translate(regenerating, aNamedError("AuthenticationError", { statusCode: 400 }));
    expect(error).toMatchObject({ name: "OperatorNeededError", reason: "Forbidden" });
    expect(error.message).toMatch(/AZURE_CLIENT_ID.*az functionapp identity assign/);
  });

  it("is not assumed while a vault is read-only during a failover", () => {
    const error = translate(publishing, anSdkError({ status: 403, code: "Forbidden", innerCode: "VaultReadOnly" }));
    expect(error).toBeInstanceOf(TransientServiceError);
  });
});

describe("the facts of an error", () => {
  it("are operation, status, the most specific code and the request id", () => {
    const headers = { "x-ms-request-id": "11111111-2222-3333-4444-555555555555" };
    const sent = anSdkError({ status: 403, code: "Forbidden", innerCode: "ForbiddenByRbac", headers });
    expect(translate(publishing, sent).facts).toEqual({
      operation: "Key Vault setSecret",
      statusCode: 403,
      code: "ForbiddenByRbac",
      requestId: "11111111-2222-3333-4444-555555555555",
    });
  });

  it("include the code of a single table entity from its details", () => {
    expect(translate(tabling, anSdkError({ status: 412, odataCode: "UpdateConditionNotSatisfied" })).facts.code).toBe(
      "UpdateConditionNotSatisfied",
    );
  });

  it("omit a code of unknown form", () => {
    expect(translate(reading, anSdkError({ status: 500, code: leakedKey })).facts).toEqual({
      operation: "Batch listKeys",
      statusCode: 500,
    });
  });

  it("include the Retry-After of the service", () => {
    const headers = { "retry-after": "17" };
    expect(translate(reading, anSdkError({ status: 429, headers }))).toMatchObject({ retryAfterMs: 17_000 });
    expect(translate(reading, anSdkError({ status: 429 }))).toMatchObject({ retryAfterMs: null });
  });
});

describe("a translated error", () => {
  const worst = [
    anSdkError({ status: 200, code: "PARSE_ERROR" }),
    anSdkError({ status: 202 }),
    anSdkError({ status: 403, code: leakedKey, innerCode: leakedKey }),
    anSdkError({ code: "ECONNRESET", headers: { "x-ms-request-id": leakedKey } }),
    aNamedError("AbortError"),
    aNamedError(leakedKey),
  ];

  it.each(worst)("keeps nothing that could contain a key (%#)", async (error) => {
    const thrown = await thrownBy(error);
    const shown = [inspect(thrown, { depth: 20, showHidden: true }), JSON.stringify(thrown), String(thrown)].join("\n");
    expect(shown).not.toContain(leakedKey.slice(0, 16));
    expect(thrown).not.toHaveProperty("cause");
  });
});
