// The two custom roles. No built-in role fits. The built-in roles for Batch either have no rights on keys or have all rights. The
// built-in roles for Key Vault secrets either cannot write, or may also delete and purge.
targetScope = 'subscription'

import { batchActions, batchRoleDescription, secretDataActions, secretsRoleDescription } from '../rights.bicep'

@description('Name of the Batch role, unique in the tenant.')
param batchRoleName string

@description('Name of the vault role, unique in the tenant.')
param vaultRoleName string

@description('Ids of the subscriptions where the Batch role can be assigned, including this one.')
param batchScopes string[]

@description('Ids of the subscriptions where the vault role can be assigned, including this one.')
param vaultScopes string[]

@description('True: create the Batch role.')
param createsBatchRole bool

@description('True: create the vault role.')
param createsVaultRole bool

resource batchRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (createsBatchRole) {
  name: guid(subscription().id, batchRoleName)
  properties: {
    roleName: batchRoleName
    description: batchRoleDescription
    type: 'CustomRole'
    assignableScopes: batchScopes
    permissions: [
      {
        actions: batchActions
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource vaultRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (createsVaultRole) {
  name: guid(subscription().id, vaultRoleName)
  properties: {
    roleName: vaultRoleName
    description: secretsRoleDescription
    type: 'CustomRole'
    assignableScopes: vaultScopes
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: secretDataActions
        notDataActions: []
      }
    ]
  }
}

output batchRoleDefinitionId string = createsBatchRole ? batchRole.id : ''
output vaultRoleDefinitionId string = createsVaultRole ? vaultRole.id : ''
