// A vault for the published keys only: an identity that may read the vault may read all of them. It uses roles, not access policies.

param name string
param location string
param tags object

@description('True: accepts requests through private endpoints only.')
param isPrivate bool

@description('True: a deleted vault of this name is recovered with its secrets. Its other properties stay what they were until the next deployment.')
param isRecovered bool

@description('True: the vault cannot be deleted before its lock is.')
param hasLock bool

@description('Id of the workspace that receives its audit log.')
param workspaceId string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    createMode: isRecovered ? 'recover' : 'default'
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (hasLock) {
  name: 'batch-key-rotator'
  scope: vault
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds the keys that apps read.'
  }
}

// The log of who read which key, and when.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
  }
}

output id string = vault.id
