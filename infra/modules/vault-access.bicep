// Lets the app publish to one vault, or to some of its secrets only. Deployed to the resource group of the vault, in any subscription.

param vaultName string

@description('Existing secrets to assign the role on, at most 400; empty: the whole vault.')
param secretNames string[]
param principalId string
param roleDefinitionId string

// The same definition, with its id in this subscription.
var localRoleDefinitionId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', last(split(roleDefinitionId, '/')))

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (empty(secretNames)) {
  name: guid(vault.id, principalId, localRoleDefinitionId)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: localRoleDefinitionId
    description: 'batch-key-rotator: publishes the keys of Batch accounts'
  }
}

resource secrets 'Microsoft.KeyVault/vaults/secrets@2024-11-01' existing = [
  for name in secretNames: {
    parent: vault
    name: name
  }
]

resource secretAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in secretNames: {
    name: guid(secrets[i].id, principalId, localRoleDefinitionId)
    scope: secrets[i]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: localRoleDefinitionId
      description: 'batch-key-rotator: publishes the key of a Batch account'
    }
  }
]
