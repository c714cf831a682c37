// Lets the app rotate the keys of every Batch account of one subscription: those that it finds by a tag are not known before.
targetScope = 'subscription'

param principalId string
param roleDefinitionId string

// The same definition, with its id in this subscription.
var localRoleDefinitionId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', last(split(roleDefinitionId, '/')))

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, localRoleDefinitionId)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: localRoleDefinitionId
    description: 'batch-key-rotator: rotates the shared keys of the Batch accounts that it finds by their tag'
  }
}
