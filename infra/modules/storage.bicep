// The storage account of the host and of the rotation tables, without account keys.

param name string
param location string
param tags object

@description('Standard_ZRS and others: how the data is copied.')
param sku string

@description('True: accepts requests through private endpoints only.')
param isPrivate bool

@description('True: the account cannot be deleted before its lock is.')
param hasLock bool

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (hasLock) {
  name: 'batch-key-rotator'
  scope: storage
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds the state and the history of all rotations.'
  }
}

output id string = storage.id
