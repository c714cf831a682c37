// The assignments on some hundred resources of one kind of platform: a deployment can hold no more than 800 resources.

@allowed(['appService', 'containerApp', 'dataFactory'])
param kind string

@description('Ids of the resources, at most 800.')
param resourceIds string[]
param principalId string
param roleDefinitionId string
param token string

module access 'platform-access.bicep' = [
  for id in resourceIds: {
    name: 'platform-access-${uniqueString(toLower(id), token)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      kind: kind
      resourceId: id
      principalId: principalId
      roleDefinitionId: roleDefinitionId
    }
  }
]
