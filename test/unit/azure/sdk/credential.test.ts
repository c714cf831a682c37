import { DefaultAzureCredential, ManagedIdentityCredential } from "@azure/identity";
import { createCredential, openCredential } from "../../../../lib/azure/sdk/credential";
import { callSdk } from "../../../../lib/azure/sdk/failures/service-errors";

const authorityHost = "https://login.microsoftonline.com";
const platform = { IDENTITY_ENDPOINT: "http://localhost:1/msi/token", IDENTITY_HEADER: "h" };

describe("the credential", () => {
  it.each([null, "00000000-0000-4000-8000-00000000000c"])(
    "is the managed identity where the platform provides one (client id %s)",
    async (clientId) => {
      const opened = await openCredential({ env: platform, clientId, authorityHost });
      expect(opened).toBeInstanceOf(ManagedIdentityCredential);
    },
  );

  it.each([{}, { IDENTITY_ENDPOINT: "" }])("is the developer's credential elsewhere (%j)", async (env) => {
    expect(await openCredential({ env, clientId: null, authorityHost })).toBeInstanceOf(DefaultAzureCredential);
  });

  it("is none in an app in Azure without an identity, and the error says how to give it one", async () => {
    const credential = createCredential({ env: { WEBSITE_SITE_NAME: "rotator" }, clientId: null, authorityHost });
    const call = { operation: "Batch listKeys", effect: "change", refusal: () => null } as const;
    const asked = callSdk(call, new AbortController().signal, () => credential.getToken("scope"));
    await expect(asked).rejects.toMatchObject({
      name: "OperatorNeededError",
      reason: "Forbidden",
      what: "Batch listKeys, code NoManagedIdentity: this app has no managed identity",
      remedy: expect.stringContaining("az functionapp identity assign"),
    });
  });

  it.each(["AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "MSI_ENDPOINT"])(
    "is the chain in an app in Azure that has %s",
    async (name) => {
      const env = { WEBSITE_SITE_NAME: "rotator", [name]: "set" };
      expect(await openCredential({ env, clientId: null, authorityHost })).toBeInstanceOf(DefaultAzureCredential);
    },
  );
});
