// The two custom roles. No built-in role fits. The built-in roles for Batch either have no rights on keys or have all rights. The
// built-in roles for Key Vault secrets either cannot write, or may also delete and purge.
targetScope = 'subscription'

@description('Suffix of the names of the roles, which are unique in a tenant.')
param nameSuffix string

@description('Ids of the subscriptions where the Batch role can be assigned, including this one.')
param batchScopes string[]

@description('Ids of the subscriptions where the vault role can be assigned, including this one.')
param vaultScopes string[]

@description('Id of a role definition to use instead of creating the Batch role; empty: create it.')
param existingBatchRoleDefinitionId string

@description('Id of a role definition to use instead of creating the vault role; empty: create it.')
param existingVaultRoleDefinitionId string

var batchRoleName = 'Batch Key Rotator${nameSuffix}'
var vaultRoleName = 'Batch Key Rotator Secrets${nameSuffix}'

resource batchRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (empty(existingBatchRoleDefinitionId)) {
  name: guid(subscription().id, batchRoleName)
  properties: {
    roleName: batchRoleName
    description: 'Reads, lists and regenerates the shared keys of Batch accounts, and nothing else.'
    type: 'CustomRole'
    assignableScopes: batchScopes
    permissions: [
      {
        actions: [
          // GET batchAccounts/{name}: whether the account allows shared keys, and the address of its data plane
          'Microsoft.Batch/batchAccounts/read'
          // POST listKeys: which of the two live keys is the published one
          'Microsoft.Batch/batchAccounts/listkeys/action'
          // POST regenerateKeys: creates the new key, retires the old one
          'Microsoft.Batch/batchAccounts/regeneratekeys/action'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource vaultRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (empty(existingVaultRoleDefinitionId)) {
  name: guid(subscription().id, vaultRoleName)
  properties: {
    roleName: vaultRoleName
    description: 'Reads, publishes and disables versions of secrets; no delete, no purge, no backup, no list.'
    type: 'CustomRole'
    assignableScopes: vaultScopes
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          // GET secrets/{name} and secrets/{name}/{version}: which key is published, and the key that verifies a consumer's proof
          'Microsoft.KeyVault/vaults/secrets/getSecret/action'
          // PUT secrets/{name}: publishes the new key, with its tags, content type and expiry
          'Microsoft.KeyVault/vaults/secrets/setSecret/action'
          // PATCH secrets/{name}/{version}: disables the version that holds the retired key
          'Microsoft.KeyVault/vaults/secrets/update/action'
        ]
        notDataActions: []
      }
    ]
  }
}

output batchRoleDefinitionId string = empty(existingBatchRoleDefinitionId) ? batchRole.id : existingBatchRoleDefinitionId
output vaultRoleDefinitionId string = empty(existingVaultRoleDefinitionId) ? vaultRole.id : existingVaultRoleDefinitionId
