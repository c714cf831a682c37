// The container and the rights that the host and the app need in a storage account, new or existing. Deployed to its resource group.

import { blobDataOwner, queueDataContributor, tableDataContributor } from '../rights.bicep'

param storageAccountName string
param deploymentContainerName string
param principalId string

@description('False: the roles are assigned by another person.')
param assignsRoles bool

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'
  }
}

resource deploymentContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: storage::blobs
  name: deploymentContainerName
  properties: {
    publicAccess: 'None'
  }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [blobDataOwner, tableDataContributor, queueDataContributor]: if (assignsRoles) {
    name: guid(storage.id, principalId, role)
    scope: storage
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

output blobEndpoint string = storage.properties.primaryEndpoints.blob
output queueEndpoint string = storage.properties.primaryEndpoints.queue
output tableEndpoint string = storage.properties.primaryEndpoints.table
