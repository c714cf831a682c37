// Lets the app publish to one vault. Deployed to the resource group of the vault, in any subscription.

param vaultName string
param principalId string
param roleDefinitionId string

// The same definition, with its id in this subscription.
var localRoleDefinitionId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', last(split(roleDefinitionId, '/')))

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, localRoleDefinitionId)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: localRoleDefinitionId
    description: 'batch-key-rotator: publishes the keys of Batch accounts'
  }
}
