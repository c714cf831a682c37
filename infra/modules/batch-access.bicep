// Lets the app rotate the keys of one Batch account. Deployed to the resource group of the account, in any subscription.

param accountName string
param principalId string
param roleDefinitionId string

// The same definition, with its id in this subscription.
var localRoleDefinitionId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', last(split(roleDefinitionId, '/')))

resource account 'Microsoft.Batch/batchAccounts@2024-07-01' existing = {
  name: accountName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, localRoleDefinitionId)
  scope: account
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: localRoleDefinitionId
    description: 'batch-key-rotator: rotates the shared keys of this account'
  }
}
