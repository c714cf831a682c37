import { resourceIdOf, type StoredAccount } from "./batch-store";

/** An account in Resource Manager's form; the members are those of a recorded answer. */
export const accountBody = (account: StoredAccount, dataPlaneHost: string) => ({
  id: resourceIdOf(account),
  name: account.name,
  type: "Microsoft.Batch/batchAccounts",
  location: account.location,
  ...(Object.keys(account.tags).length === 0 ? {} : { tags: account.tags }),
  properties: {
    accountEndpoint: dataPlaneHost,
    nodeManagementEndpoint: `${account.nodeManagementId}.${account.location}.service.batch.azure.com`,
    provisioningState: "Succeeded",
    dedicatedCoreQuota: 500,
    dedicatedCoreQuotaPerVMFamily: [
      { name: "standardAv2Family", coreQuota: 500 },
      { name: "standardDv2Family", coreQuota: 250 },
    ],
    dedicatedCoreQuotaPerVMFamilyEnforced: true,
    lowPriorityCoreQuota: 500,
    poolQuota: 100,
    activeJobAndJobScheduleQuota: 300,
    poolAllocationMode: account.poolAllocationMode,
    publicNetworkAccess: "Enabled",
    privateEndpointConnections: [],
    encryption: { keySource: "Microsoft.Batch" },
    allowedAuthenticationModes: account.modes,
  },
  identity: { type: "None" },
});
