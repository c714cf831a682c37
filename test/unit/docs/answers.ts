const guid = "00000000-0000-0000-0000-000000000000";
const output = (value: unknown, type = "String") => ({ type, value });

/** Answers of the commands that a document asks with `--query`: the members and the nesting of the real ones. */
export const answers: Readonly<Record<string, unknown>> = {
  "az account get-access-token": {
    accessToken: "eyJ0",
    expiresOn: "2027-01-01 00:00:00.000000",
    expires_on: 1798761600,
    subscription: guid,
    tenant: guid,
    tokenType: "Bearer",
  },
  "az account show": { id: guid, name: "Example", tenantId: guid, user: { name: "a@example.com", type: "user" } },
  "az ad app create": { appId: guid, id: guid, displayName: "batch-key-rotator", identifierUris: [] },
  "az cloud show": {
    name: "AzureCloud",
    endpoints: {
      activeDirectory: "https://login.microsoftonline.com",
      microsoftGraphResourceId: "https://graph.microsoft.com/",
      resourceManager: "https://management.azure.com/",
    },
    suffixes: { keyvaultDns: ".vault.azure.net" },
  },
  "az deployment group list": [{ name: "Microsoft.Template-20261127091500" }, { name: "identity-abc" }],
  "az deployment group show": {
    name: "batch-keys",
    properties: {
      provisioningState: "Succeeded",
      outputs: {
        functionAppName: output("func-rotator-abc"),
        functionAppUrl: output("https://func-rotator-abc.azurewebsites.net"),
        identityPrincipalId: output(guid),
        roleDefinitionCommands: output(["az role definition create --role-definition '{}'"], "Array"),
        activityLogCommands: output(["az monitor diagnostic-settings subscription create --name a"], "Array"),
        auditLogCommands: output(["az monitor diagnostic-settings create --name a"], "Array"),
        eventCommands: output(["az eventgrid event-subscription create --name a"], "Array"),
        roleAssignmentCommands: output(["az role assignment create --role a --scope b"], "Array"),
      },
    },
  },
  "az functionapp function keys list": { default: "key" },
  "az functionapp keys list": { functionKeys: { default: "key" }, masterKey: "key", systemKeys: {} },
  "az keyvault list-deleted": [{ name: "kv-example", properties: { location: "westeurope" } }],
  "az keyvault show": { id: "/subscriptions/0/b", name: "kv-abc" },
  "az monitor diagnostic-settings list": [{ name: "batch-key-readers-abc", id: "/subscriptions/0" }],
  "az monitor diagnostic-settings subscription list": {
    value: [{ name: "batch-key-rotator-abc", id: "/subscriptions/0", workspaceId: "/subscriptions/0" }],
  },
  "az resource list": [
    { id: "/subscriptions/0/a", name: "stabc", type: "Microsoft.Storage/storageAccounts" },
    { id: "/subscriptions/0/b", name: "kv-abc", type: "Microsoft.KeyVault/vaults" },
    { id: "/subscriptions/0/c", name: "egst-keys-abc", type: "Microsoft.EventGrid/systemTopics" },
  ],
  "az role assignment list": [{ id: "/subscriptions/0/providers/Microsoft.Authorization/roleAssignments/0" }],
  "az role definition list": [{ roleName: "Batch Key Rotator dev", roleType: "CustomRole", name: guid }],
};
