import type { Environment } from "../../../../lib/config/settings/reader";
import { anEnvironment, connectionString, emulated, placesOf, problemsOf, settingsOf } from "../builders";

const clientId = "11111111-2222-3333-4444-555555555555";
const another = "99999999-2222-3333-4444-555555555555";
const azurite =
  "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=AAAA;" +
  "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;";

/** Settings with only the given storage. */
const withStorage = (changes: Environment): Environment =>
  anEnvironment({ AzureWebJobsStorage: undefined, ...changes });
const storage = (changes: Environment) => settingsOf(withStorage(changes)).storage;
const places = (changes: Environment) => placesOf(withStorage(changes));

describe.each(["AzureWebJobsStorage", "ROTATION_STORAGE"])("%s", (name) => {
  it("may be a connection string", () => {
    expect(storage({ [name]: connectionString })).toEqual({ kind: "connectionString", connectionString });
  });

  it.each([
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=AA==;TableEndpoint=https://a.table.core.windows.net/",
    "defaultendpointsprotocol=https; accountname=a; accountkey=AA==; endpointsuffix=core.windows.net;",
    "TableEndpoint=https://a.table.core.windows.net;SharedAccessSignature=sv=2024&sig=x",
  ])("may be %j", (text) => {
    expect(places({ [name]: text })).toEqual([]);
  });

  it.each([
    ["another text", "hello"],
    ["without account", "DefaultEndpointsProtocol=https;AccountKey=AA==;EndpointSuffix=core.windows.net"],
    ["without key", "DefaultEndpointsProtocol=https;AccountName=a;EndpointSuffix=core.windows.net"],
    ["without protocol", "AccountName=a;AccountKey=AA==;EndpointSuffix=core.windows.net"],
    ["without suffix or endpoint", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=AA=="],
    ["a signature without endpoint", "SharedAccessSignature=sv=2024&sig=x"],
    [
      "an endpoint that is not a URL",
      "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=AA==;TableEndpoint=a.table",
    ],
    ["plain http", "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=AA==;EndpointSuffix=core.windows.net"],
    [
      "an http endpoint",
      "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=AA==;TableEndpoint=http://a.example.com",
    ],
  ])("may not be %s, with or without emulators", (_what, text) => {
    expect(places({ [name]: text })).toEqual([name]);
    expect(places({ [name]: text, ...emulated })).toEqual([name]);
  });

  it.each(["UseDevelopmentStorage=true", azurite, azurite.replace("127.0.0.1", "localhost")])(
    "may be %j only among emulators",
    (text) => {
      expect(places({ [name]: text, ...emulated })).toEqual([]);
      expect(places({ [name]: text })).toEqual([name]);
    },
  );

  it("may be an account name; the cloud determines its table service", () => {
    expect(storage({ [`${name}__accountName`]: "rotations" })).toEqual({
      kind: "identity",
      tableServiceUri: "https://rotations.table.core.windows.net",
      clientId: null,
    });
  });

  it("may be the address of a table service, which takes precedence over the account name", () => {
    const uri = "https://rotations.z01.table.storage.azure.net";
    expect(storage({ [`${name}__accountName`]: "other", [`${name}__tableServiceUri`]: `${uri}/` })).toEqual({
      kind: "identity",
      tableServiceUri: uri,
      clientId: null,
    });
  });

  it.each([
    ["__accountName", "ab"],
    ["__accountName", "a".repeat(25)],
    ["__accountName", "Rotations"],
    ["__accountName", "a.example.com/"],
    ["__tableServiceUri", "http://rotations.table.core.windows.net"],
    ["__tableServiceUri", "http://127.0.0.1:10002/devstoreaccount1"],
    ["__tableServiceUri", "https://rotations.table.core.windows.net?sig=x"],
    ["__tableServiceUri", "https://me:pw@rotations.table.core.windows.net"],
    ["__tableServiceUri", "rotations"],
  ])("may not have %s %j", (form, value) => {
    expect(places({ [`${name}${form}`]: value, ...emulated })).toEqual([`${name}${form}`]);
  });

  it.each(["abc", "a1".repeat(12)])("may have the account name %s", (value) => {
    expect(places({ [`${name}__accountName`]: value })).toEqual([]);
  });

  it.each([
    ["its own client id, before AZURE_CLIENT_ID", { __credential: "managedidentity", __clientId: clientId }, clientId],
    ["AZURE_CLIENT_ID where it names none itself, as the host does", {}, another],
    ["the system where it names none for a managed identity", { __credential: "ManagedIdentity" }, null],
  ])("uses the identity of %s", (_what, forms, expected) => {
    const own = Object.entries(forms).map(([form, value]) => [`${name}${form}`, value]);
    const env = { [`${name}__accountName`]: "rotations", AZURE_CLIENT_ID: another, ...Object.fromEntries(own) };
    expect(storage(env)).toMatchObject({ clientId: expected });
  });

  it("refuses another credential, and a client id that is not a GUID", () => {
    const env = { [`${name}__accountName`]: "rotations", [`${name}__credential`]: "key", [`${name}__clientId`]: "me" };
    expect(places(env)).toEqual([`${name}__credential`, `${name}__clientId`]);
  });

  it.each(["__accountName", "__tableServiceUri"])("may not be a connection string and %s at once", (form) => {
    expect(
      places({ [name]: connectionString, [`${name}${form}`]: "https://rotations.table.core.windows.net" }),
    ).toEqual([name]);
  });

  it("needs more than a credential", () => {
    expect(problemsOf(withStorage({ [`${name}__credential`]: "managedidentity" }))).toEqual([
      {
        at: name,
        problem: `is missing: set it to a connection string, or set ${name}__accountName for access by identity`,
      },
    ]);
  });
});

describe("the rotation tables", () => {
  it("need a storage account", () => {
    expect(places({})).toEqual(["AzureWebJobsStorage"]);
  });

  it("are in ROTATION_STORAGE if it is set in any form", () => {
    expect(storage({ AzureWebJobsStorage: connectionString, ROTATION_STORAGE__accountName: "tables" })).toMatchObject({
      tableServiceUri: "https://tables.table.core.windows.net",
    });
  });

  it.each([
    ["AzureUSGovernment", "https://rotations.table.core.usgovcloudapi.net"],
    ["AzureChina", "https://rotations.table.core.chinacloudapi.cn"],
  ])("are at the table service of %s", (cloud, tableServiceUri) => {
    const env = { ...emulated, ROTATION_CLOUD: cloud, AzureWebJobsStorage__accountName: "rotations" };
    expect(storage(env)).toMatchObject({ tableServiceUri });
  });
});
