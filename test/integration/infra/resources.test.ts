import { at, describeBicep, made, type Plan, planOf } from "../../unit/infra/bicep";

/** The plan with names instead of ids, and without the unique parts of names. */
const shortened = (body: unknown): unknown =>
  JSON.parse(
    JSON.stringify(body)
      .replace(/\/subscriptions\/[^"]*?\/resourceGroups\/[^"/]+\/providers\/[\w.]+\/\w+\/([^"/]+)/g, "$1")
      .replace(/\/subscriptions\/[0-9-]+\/providers\/Microsoft.Authorization\/roleDefinitions\//g, "role ")
      .replace(/\((prod|dev), [a-z0-9]{13}\)/g, "($1)")
      .replace(/\b(id|log|appi|pip|ng|nsg|vnet|st|kv|plan|func-rotator|ag)-?[a-z0-9]{13}\b/g, "$1"),
  );

/** Alerts, workbook and settings have separate tests. */
const elsewhere = /scheduledQueryRules|workbooks/i;
const madeBy = (plan: Plan): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [...new Set(plan.resources.map(({ type }) => type))]
      .filter((type) => !elsewhere.test(type))
      .flatMap((type) => made(plan, type))
      .map(({ module, symbol, body }) => [
        `${module}${symbol}`.replace(/^resources(?:InExistingGroup)?\//, ""),
        shortened(body),
      ]),
  );

const placed = { location: "westeurope", tags: { "azd-env-name": "prod" } };
const everywhere = { ...placed, location: "global" };
const byEventIdentity = {
  identity: {
    type: "UserAssigned",
    userAssignedIdentities: expect.objectContaining({}),
  },
};

const assigned = (roleDefinitionId: string, description?: string): object => ({
  properties: {
    principalId: "<identity.properties.principalId>",
    principalType: "ServicePrincipal",
    roleDefinitionId,
    ...(description === undefined ? {} : { description }),
  },
});

const endpoint = (index: number, groupId: string, target: string, zone: string): object => ({
  [`endpoints[${index}]/endpoint`]: {
    ...placed,
    properties: {
      subnet: { id: "vnet/subnets/endpoints" },
      privateLinkServiceConnections: [
        { name: groupId, properties: { privateLinkServiceId: target, groupIds: [groupId] } },
      ],
    },
  },
  [`endpoints[${index}]/zone`]: everywhere,
  [`endpoints[${index}]/link`]: {
    ...everywhere,
    properties: { registrationEnabled: false, virtualNetwork: { id: "vnet" } },
  },
  [`endpoints[${index}]/zoneGroup`]: {
    properties: { privateDnsZoneConfigs: [{ name: groupId, properties: { privateDnsZoneId: zone } }] },
  },
});

/** `recorded-run.test.ts` requires each of its rights, and no other. */
const customRole = (roleName: string, rights: object): object => ({
  properties: {
    roleName,
    description: expect.stringMatching(/^[A-Z].{40,}\.$/),
    type: "CustomRole",
    assignableScopes: ["/subscriptions/00000000-0000-0000-0000-000000000000"],
    permissions: [{ ...rights, notActions: [], notDataActions: [] }],
  },
});

// Any change of a template must be visible here.
describeBicep("with a private network", () => {
  it("exactly these resources are created", async () => {
    expect(madeBy(await planOf("private-network"))).toEqual({
      group: { ...placed },
      "identity/identity": { ...placed },
      "eventIdentity/identity": { ...placed },
      "eventTopics[0]/topic": {
        ...everywhere,
        ...byEventIdentity,
        properties: {
          source: "/subscriptions/00000000-0000-0000-0000-000000000000",
          topicType: "Microsoft.Resources.Subscriptions",
        },
      },
      "vaultTopic/topic": {
        ...placed,
        ...byEventIdentity,
        properties: { source: "kv", topicType: "Microsoft.KeyVault.vaults" },
      },
      "monitoring/workspace": {
        ...placed,
        properties: {
          sku: { name: "PerGB2018" },
          retentionInDays: 90,
          features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true },
        },
      },
      "monitoring/applicationInsights": {
        ...placed,
        kind: "web",
        properties: { Application_Type: "web", WorkspaceResourceId: "log", DisableLocalAuth: true },
      },
      "monitoring/publishing": assigned("role 3913510d-42f4-4e42-8a64-420c390055eb"),
      "monitoring/reading": assigned(
        "role 73c42c96-874c-492b-b04d-ab87d138a893",
        "batch-key-rotator: sees who reads which version of a secret",
      ),
      "network/publicIpAddress": {
        ...placed,
        sku: { name: "Standard" },
        properties: { publicIPAllocationMethod: "Static" },
      },
      "network/natGateway": {
        ...placed,
        sku: { name: "Standard" },
        properties: { publicIpAddresses: [{ id: "pip" }] },
      },
      "network/networkSecurityGroup": { ...placed, properties: { securityRules: [] } },
      "network/network": {
        ...placed,
        properties: {
          addressSpace: { addressPrefixes: ["10.90.0.0/26"] },
          subnets: [
            {
              name: "app",
              properties: {
                addressPrefix: "<cidrSubnet('10.90.0.0/26', 27, 0)>",
                defaultOutboundAccess: false,
                natGateway: { id: "ng" },
                networkSecurityGroup: { id: "nsg" },
                delegations: [{ name: "flex", properties: { serviceName: "Microsoft.App/environments" } }],
              },
            },
            {
              name: "endpoints",
              properties: {
                addressPrefix: "<cidrSubnet('10.90.0.0/26', 27, 1)>",
                defaultOutboundAccess: false,
                networkSecurityGroup: { id: "nsg" },
                privateEndpointNetworkPolicies: "Enabled",
              },
            },
          ],
        },
      },
      "storage/storage": {
        ...placed,
        kind: "StorageV2",
        sku: { name: "Standard_ZRS" },
        properties: {
          accessTier: "Hot",
          allowBlobPublicAccess: false,
          allowCrossTenantReplication: false,
          allowSharedKeyAccess: false,
          defaultToOAuthAuthentication: true,
          minimumTlsVersion: "TLS1_2",
          supportsHttpsTrafficOnly: true,
          publicNetworkAccess: "Disabled",
          networkAcls: { bypass: "None", defaultAction: "Deny" },
        },
      },
      "storageAccess/deploymentContainer": { properties: { publicAccess: "None" } },
      "storageAccess/assignments[0]": assigned("role b7e6dc6d-f1e8-4753-8033-0f276bb0955b"),
      "storageAccess/assignments[1]": assigned("role 0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"),
      "storageAccess/assignments[2]": assigned("role 974c5e8b-45b9-4653-ba55-5f855dd0fb88"),
      "vault/vault": {
        ...placed,
        properties: {
          tenantId: "<tenantId>",
          createMode: "default",
          sku: { family: "A", name: "standard" },
          enableRbacAuthorization: true,
          enableSoftDelete: true,
          softDeleteRetentionInDays: 90,
          enablePurgeProtection: true,
          enabledForDeployment: false,
          enabledForDiskEncryption: false,
          enabledForTemplateDeployment: false,
          publicNetworkAccess: "Disabled",
          networkAcls: { bypass: "None", defaultAction: "Deny" },
        },
      },
      ...endpoint(0, "blob", "st", "privatelink.blob.core.windows.net"),
      ...endpoint(1, "queue", "st", "privatelink.queue.core.windows.net"),
      ...endpoint(2, "table", "st", "privatelink.table.core.windows.net"),
      ...endpoint(3, "vault", "kv", "privatelink.vaultcore.azure.net"),
      "vault/audit": {
        properties: {
          workspaceId: "log",
          logAnalyticsDestinationType: "Dedicated",
          logs: [{ category: "AuditEvent", enabled: true }],
        },
      },
      "roles/batchRole": customRole("Batch Key Rotator (prod)", { actions: expect.any(Array), dataActions: [] }),
      "roles/vaultRole": customRole("Batch Key Rotator Secrets (prod)", {
        actions: [],
        dataActions: expect.any(Array),
      }),
      "batchAccess[0]/access[0]/assignment": assigned(
        "role c583a95e-a6eb-53be-a60f-55bc9bb6d199",
        "batch-key-rotator: rotates the shared keys of this account",
      ),
      "vaultAccess[0]/assignment": assigned(
        "role 1c9ba3fc-ef06-524a-98c3-b7859cc5e81f",
        "batch-key-rotator: publishes the keys of Batch accounts",
      ),
      "functionApp/plan": {
        ...placed,
        kind: "functionapp",
        sku: { name: "FC1", tier: "FlexConsumption" },
        properties: { reserved: true, zoneRedundant: false },
      },
      "functionApp/site": {
        location: "westeurope",
        tags: { "azd-env-name": "prod", "azd-service-name": "rotator" },
        kind: "functionapp,linux",
        identity: { type: "UserAssigned", userAssignedIdentities: { id: {} } },
        properties: {
          serverFarmId: "plan",
          httpsOnly: true,
          publicNetworkAccess: "Enabled",
          virtualNetworkSubnetId: "vnet/subnets/app",
          functionAppConfig: {
            deployment: {
              storage: {
                type: "blobContainer",
                value: "<storage.properties.primaryEndpoints.blob>func-rotator",
                authentication: { type: "UserAssignedIdentity", userAssignedIdentityResourceId: "id" },
              },
            },
            runtime: { name: "node", version: "24" },
            scaleAndConcurrency: { instanceMemoryMB: 512, maximumInstanceCount: 40 },
          },
          siteConfig: {
            appSettings: expect.any(Array),
            ftpsState: "Disabled",
            http20Enabled: true,
            minTlsVersion: "1.2",
            scmMinTlsVersion: "1.2",
            remoteDebuggingEnabled: false,
            scmIpSecurityRestrictionsUseMain: true,
            ipSecurityRestrictionsDefaultAction: "Allow",
            ipSecurityRestrictions: [],
          },
        },
      },
      "functionApp/ftp": { properties: { allow: false } },
      "functionApp/scm": { properties: { allow: false } },
      "activityLog[0]/export": {
        properties: { workspaceId: "log", logs: [{ category: "Administrative", enabled: true }] },
      },
      "alerts/actionGroup": {
        ...everywhere,
        properties: {
          enabled: true,
          groupShortName: "batch-keys",
          emailReceivers: [{ name: "email-0", emailAddress: "batch-team@example.com", useCommonAlertSchema: true }],
          armRoleReceivers: [],
        },
      },
    });
  });
});

describeBicep("with a public network", () => {
  it("storage and vault are open to it, for callers with a right only", async () => {
    const all = madeBy(await planOf("one-account"));
    for (const name of ["storage/storage", "vault/vault"]) {
      expect(at(all[name], "properties")).toMatchObject({
        publicNetworkAccess: "Enabled",
        networkAcls: { bypass: "None", defaultAction: "Allow" },
      });
    }
    expect(at(all["functionApp/site"], "properties.virtualNetworkSubnetId")).toBeNull();
    expect(Object.keys(all).filter((name) => /^(?:network|endpoints)/.test(name))).toEqual([]);
  });
});

describeBicep("with every option", () => {
  it("only the configured ranges may call the app, in an existing subnet with an existing Node version", async () => {
    const all = madeBy(await planOf("every-option"));
    expect(at(all["functionApp/site"], "properties")).toMatchObject({
      virtualNetworkSubnetId: "hub/subnets/flex",
      functionAppConfig: { runtime: { name: "node", version: "22" } },
      siteConfig: {
        ipSecurityRestrictionsDefaultAction: "Deny",
        ipSecurityRestrictions: [
          { name: "range-0", action: "Allow", ipAddress: "203.0.113.0/24", priority: 100 },
          { name: "range-1", action: "Allow", ipAddress: "198.51.100.0/24", priority: 101 },
        ],
      },
    });
    expect(at(all["endpoints[0]/endpoint"], "properties.subnet.id")).toBe("hub/subnets/endpoints");
    expect(Object.keys(all).filter((name) => /\/(?:zone|link|network)$/.test(name))).toEqual([]);
    expect(at(all["inboundEndpoint/zoneGroup"], "properties.privateDnsZoneConfigs.0.properties.privateDnsZoneId")).toBe(
      "privatelink.azurewebsites.net",
    );
    expect(at(all["monitoring/workspace"], "properties.retentionInDays")).toBe(365);
  });

  it("the app's tables and the host's data are in separate accounts", async () => {
    const plan = await planOf("every-option");
    const shared =
      "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/shared/providers/Microsoft.Storage";
    const rights = made(plan, "Microsoft.Authorization/roleAssignments")
      .filter(({ scope = "" }) => scope.includes("/storageAccounts/"))
      .map(({ scope, body }) => [scope, shortened(at(body, "properties.roleDefinitionId"))]);
    expect(rights).toEqual([
      [`${shared}/storageAccounts/sharedhost`, "role b7e6dc6d-f1e8-4753-8033-0f276bb0955b"],
      [`${shared}/storageAccounts/sharedhost`, "role 0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"],
      [`${shared}/storageAccounts/sharedhost`, "role 974c5e8b-45b9-4653-ba55-5f855dd0fb88"],
      [`${shared}/storageAccounts/sharedtables`, "role 0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"],
    ]);
    expect(made(plan, "Microsoft.Storage/storageAccounts/blobServices/containers").map(({ id }) => id)).toEqual([
      `${shared}/storageAccounts/sharedhost/blobServices/default/containers/func-rotator-sarsrfro7qmrv`,
    ]);
    expect(made(plan, "Microsoft.Storage/storageAccounts")).toEqual([]);
  });

  it("operators of one group sign in, with the app's identity instead of a client secret", async () => {
    expect(madeBy(await planOf("every-option"))["signIn/signIn"]).toEqual({
      properties: {
        platform: { enabled: true },
        httpSettings: { requireHttps: true },
        globalValidation: {
          requireAuthentication: true,
          unauthenticatedClientAction: "RedirectToLoginPage",
          redirectToProvider: "azureactivedirectory",
          excludedPaths: ["/api/accounts/renderweu/signals"],
        },
        identityProviders: {
          azureActiveDirectory: {
            enabled: true,
            registration: {
              clientId: "44444444-4444-4444-8444-444444444444",
              clientSecretSettingName: "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
              openIdIssuer: "https://login.microsoftonline.com/<tenantId>/v2.0",
            },
            validation: {
              allowedAudiences: ["44444444-4444-4444-8444-444444444444", "api://44444444-4444-4444-8444-444444444444"],
              defaultAuthorizationPolicy: {
                allowedPrincipals: { groups: ["55555555-5555-4555-8555-555555555555"], identities: [] },
              },
            },
          },
        },
        login: { tokenStore: { enabled: false } },
      },
    });
  });
});
