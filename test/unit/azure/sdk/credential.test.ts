import { DefaultAzureCredential, ManagedIdentityCredential } from "@azure/identity";
import { createCredential } from "../../../../lib/azure/sdk/credential";

const authorityHost = "https://login.microsoftonline.com";
const platform = { IDENTITY_ENDPOINT: "http://localhost:1/msi/token", IDENTITY_HEADER: "h" };

describe("the credential", () => {
  it.each([null, "00000000-0000-4000-8000-00000000000c"])(
    "is the managed identity where the platform provides one (client id %s)",
    (clientId) => {
      expect(createCredential({ env: platform, clientId, authorityHost })).toBeInstanceOf(ManagedIdentityCredential);
    },
  );

  it.each([{}, { IDENTITY_ENDPOINT: "" }])("is the developer's credential elsewhere (%j)", (env) => {
    expect(createCredential({ env, clientId: null, authorityHost })).toBeInstanceOf(DefaultAzureCredential);
  });
});
