// The container for events that could not be delivered, and the right of the topics to write to it. Deployed to the group of the storage
// account.

import { blobDataContributor } from '../rights.bicep'

param storageAccountName string
param containerName string

@description('The identity of the system topics.')
param principalId string

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: storage::blobs
  name: containerName
  properties: {
    publicAccess: 'None'
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(container.id, principalId, blobDataContributor)
  scope: container
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
    description: 'batch-key-rotator: Event Grid writes events that could not be delivered'
  }
}
