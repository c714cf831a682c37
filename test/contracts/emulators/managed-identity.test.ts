import { ManagedIdentityCredential } from "@azure/identity";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import { isObject } from "../../emulators/wire";
import { closeSound, raw, useIdentityOf } from "./clients";

let emulators: Emulators;

beforeAll(async () => {
  emulators = await startEmulators();
  useIdentityOf(emulators);
});
afterAll(() => closeSound(emulators));

beforeEach(() => emulators.journal.clear());

const claimsOf = (token: string): Readonly<Record<string, unknown>> => {
  const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  return isObject(claims) ? claims : {};
};

describe("the App Service form", () => {
  it.each([
    ["https://management.azure.com/.default", "https://management.azure.com"],
    ["https://vault.azure.net/.default", "https://vault.azure.net"],
    ["https://storage.azure.com/.default", "https://storage.azure.com"],
    ["https://batch.core.windows.net//.default", "https://batch.core.windows.net/"],
  ])("gives the SDK one token for %s", async (scope, audience) => {
    const token = await new ManagedIdentityCredential().getToken(scope);
    await new ManagedIdentityCredential().getToken(scope);
    const claims = claimsOf(token.token);
    expect(claims).toMatchObject({
      aud: audience,
      iss: expect.stringMatching(/^https:\/\/sts\.windows\.net\/[0-9a-f-]{36}\/$/),
    });
    expect(claims["exp"]).toBe(Math.round(token.expiresOnTimestamp / 1000));
    expect(emulators.journal.of("identity.token").map(({ subject }) => subject)).toEqual([audience]);
  });

  it("gives a token of a user-assigned identity for its client id", async () => {
    const clientId = "77777777-7777-4777-8777-777777777777";
    const { token } = await new ManagedIdentityCredential({ clientId }).getToken("https://example.org/.default");
    expect(claimsOf(token)).toMatchObject({ aud: "https://example.org", appid: clientId });
  });

  it("returns the exact resource and the token's expiry as a number", async () => {
    const { endpoint, header } = emulators.identity;
    const resource = "HTTPS://Vault.azure.net/";
    const answer = await raw(`${endpoint}?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`, {
      headers: { "x-identity-header": header },
    });
    expect(answer.body).toMatchObject({ resource, token_type: "Bearer", expires_on: expect.any(Number) });
  });

  it.each([
    ["the header is wrong", "?api-version=2019-08-01&resource=r", "wrong", 401],
    ["the header is absent", "?api-version=2019-08-01&resource=r", null, 401],
    ["the version is unknown", "?api-version=2017-09-01&resource=r", "right", 400],
    ["no resource is named", "?api-version=2019-08-01", "right", 400],
  ])("refuses when %s", async (_title, query, header, status) => {
    const value = header === "right" ? emulators.identity.header : header;
    const answer = await raw(`${emulators.identity.endpoint}${query}`, {
      headers: value === null ? {} : { "x-identity-header": value },
    });
    expect(answer.status).toBe(status);
  });
});

describe("the metadata service form", () => {
  const query = "?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";

  it("answers with and without a final slash, and has its own route in the journal", async () => {
    for (const slash of ["", "/"]) {
      const answer = await raw(`${emulators.identity.imdsHost}/metadata/identity/oauth2/token${slash}${query}`, {
        headers: { Metadata: "true" },
      });
      expect(answer).toMatchObject({ status: 200, body: { resource: "https://vault.azure.net" } });
    }
    expect(emulators.journal.count("identity.imds")).toBe(2);
  });

  it("answers 400 without the Metadata header", async () => {
    const answer = await raw(`${emulators.identity.imdsHost}/metadata/identity/oauth2/token${query}`);
    expect(answer.status).toBe(400);
  });
});
