// The assignments on some hundred Batch accounts: a deployment can hold no more than 800 resources.

@description('Ids of the Batch accounts, at most 800.')
param resourceIds string[]
param principalId string
param roleDefinitionId string
param token string

module access 'batch-access.bicep' = [
  for id in resourceIds: {
    name: 'batch-access-${uniqueString(toLower(id), token)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      accountName: last(split(id, '/'))
      principalId: principalId
      roleDefinitionId: roleDefinitionId
    }
  }
]
