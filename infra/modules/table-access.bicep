// Lets the app keep its tables in another storage account than that of the host. Deployed to the resource group of that account.

import { tableDataContributor } from '../rights.bicep'

param storageAccountName string
param principalId string

@description('False: the role is assigned by another person.')
param assignsRoles bool

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignsRoles) {
  name: guid(storage.id, principalId, tableDataContributor)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', tableDataContributor)
  }
}

output tableEndpoint string = storage.properties.primaryEndpoints.table
