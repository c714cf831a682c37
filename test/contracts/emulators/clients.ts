import { BatchManagementClient } from "@azure/arm-batch";
import { ManagedIdentityCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import type { Emulators } from "../../emulators/emulators";
import { issueToken } from "../../emulators/tokens";
import type { Vault } from "../../emulators/vault";
import { isObject } from "../../emulators/wire";

export const armAudience = "https://management.azure.com";
export const vaultAudience = "https://vault.azure.net";

/** This process's identity endpoint. The SDK keeps the first one it sees, so a test file has one set of emulators. */
export const useIdentityOf = ({ identity }: Emulators): void => {
  process.env["IDENTITY_ENDPOINT"] = identity.endpoint;
  process.env["IDENTITY_HEADER"] = identity.header;
};

/** Ends the emulators of a test file. Throws if they received an unknown request. */
export const closeSound = async (emulators: Emulators): Promise<void> => {
  emulators.journal.assertSound();
  await emulators.close();
};

/** The Resource Manager client of a rotation; `maxRetries` is 3 by default, as in the SDK. */
export const armClient = ({ armUrl, subscriptionId }: Emulators, maxRetries = 0): BatchManagementClient =>
  new BatchManagementClient(new ManagedIdentityCredential(), subscriptionId, {
    endpoint: armUrl,
    credentialScopes: [`${armAudience}/.default`],
    retryOptions: { maxRetries, retryDelayInMs: 1 },
  });

export const secretClient = ({ url }: Vault, maxRetries = 0): SecretClient =>
  new SecretClient(url, new ManagedIdentityCredential(), {
    disableChallengeResourceVerification: true,
    retryOptions: { maxRetries, retryDelayInMs: 1 },
  });

/** A client sends its first request without body, to be challenged; a read does this in advance. */
export const primedSecretClient = async (vault: Vault, maxRetries = 0): Promise<SecretClient> => {
  const client = secretClient(vault, maxRetries);
  await failureOf(client.getSecret("no-such-secret"));
  return client;
};

export const bearer = (resource: string): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${issueToken({ resource }).token}`,
});

export interface Failure {
  readonly name: unknown;
  readonly message: string;
  readonly code: unknown;
  readonly statusCode: unknown;
  /** Key Vault's inner code, if the error has one. */
  readonly innerCode: unknown;
}

/** The error of a call; a call that succeeds fails the test. */
export const failureOf = (call: Promise<unknown>): Promise<Failure> =>
  call.then(
    () => {
      throw new Error("the call was expected to fail");
    },
    (error: unknown) => {
      const fields = isObject(error) ? error : {};
      return {
        name: fields["name"],
        message: String(fields["message"]),
        code: fields["code"],
        statusCode: fields["statusCode"],
        innerCode: member(fields, "details", "error", "innerError", "code"),
      };
    },
  );

const member = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((found, name) => (isObject(found) ? found[name] : undefined), value);

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A request without an SDK; the body of the answer is parsed if it is JSON. */
export const raw = async (
  url: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  } = {},
): Promise<RawAnswer> => {
  const { method = "GET", headers = {}, body } = options;
  const answer = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const parsed: unknown = text === "" ? {} : JSON.parse(text);
  return { status: answer.status, headers: answer.headers, body: isObject(parsed) ? parsed : {} };
};
