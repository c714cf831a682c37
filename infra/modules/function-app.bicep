// The app on Flex Consumption. All its settings are set in this file only.

param name string
param planName string
param location string
param tags object
param runtimeVersion string

param identityId string
param identityClientId string

param storageAccountName string
param blobEndpoint string
param queueEndpoint string
param tableEndpoint string
param deploymentContainerName string

@secure()
param applicationInsightsConnectionString string

@description('Id of the subnet for outbound traffic; empty: none.')
param subnetId string

@description('Address ranges that may call the app, deployments included; empty: any.')
param allowedInboundRanges string[]

@description('True: Event Grid may call the app too.')
param admitsEvents bool

@description('True: the app can be called through a private endpoint only.')
param isPrivate bool

@description('True: its instances are spread over the zones of the region.')
param zoneRedundant bool
param instanceMemoryMB int

@description('True: the rotation tables are in another storage account than that of the host, at the address below.')
param hasTableStorage bool
param tableStorageEndpoint string

@description('ROTATION_ACCOUNTS.')
param rotationAccounts string
param dryRun bool

@description('Settings with an empty value are left out: the app has a default for each.')
@secure()
param optionalSettings object

@description('True: the platform signs operators in. It uses the app\'s identity in place of a client secret.')
param hasSignIn bool

@description('True: the app asks the workspace below who has read the vaults.')
param readsAuditLog bool
param logWorkspaceId string

var isPublicCloud = environment().name == 'AzureCloud'
var cloud = environment().name == 'AzureUSGovernment' ? 'AzureUSGovernment' : environment().name == 'AzureChinaCloud' ? 'AzureChina' : 'AzurePublic'

// In the public cloud the host gets the name of its storage account: an address has failed there (azure-functions-host#11782). In the
// other clouds it gets the address: the host resolves a name in the public cloud only.
var storageSettings = isPublicCloud
  ? {
      AzureWebJobsStorage__accountName: storageAccountName
    }
  : {
      AzureWebJobsStorage__blobServiceUri: blobEndpoint
      AzureWebJobsStorage__queueServiceUri: queueEndpoint
      AzureWebJobsStorage__tableServiceUri: tableEndpoint
    }

var tableStorageSettings = hasTableStorage
  ? {
      ROTATION_STORAGE__clientId: identityClientId
      ROTATION_STORAGE__credential: 'managedidentity'
      ROTATION_STORAGE__tableServiceUri: tableStorageEndpoint
    }
  : {}

// Built-in sign-in gets the name of this setting in place of the name of a client secret setting.
var signInSettings = hasSignIn
  ? {
      OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identityClientId
    }
  : {}

var logSettings = readsAuditLog
  ? {
      ROTATION_LOG_WORKSPACE_ID: logWorkspaceId
    }
  : {}

var requiredSettings = {
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
  AZURE_CLIENT_ID: identityClientId
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__credential: 'managedidentity'
  ROTATION_ACCOUNTS: rotationAccounts
  ROTATION_CLOUD: cloud
  ROTATION_DRY_RUN: dryRun ? 'true' : 'false'
}

var chosenSettings = toObject(filter(items(optionalSettings), setting => !empty(setting.value)), setting => setting.key, setting => setting.value)
var settings = union(requiredSettings, storageSettings, tableStorageSettings, signInSettings, logSettings, chosenSettings)

var inboundRanges = map(range(0, length(allowedInboundRanges)), i => {
  name: 'range-${i}'
  action: 'Allow'
  ipAddress: allowedInboundRanges[i]
  priority: 100 + i
})
var eventGrid = {
  name: 'event-grid'
  action: 'Allow'
  tag: 'ServiceTag'
  ipAddress: 'AzureEventGrid'
  priority: 60000
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  // azd finds the app by this tag.
  tags: union(tags, { 'azd-service-name': 'rotator' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}${deploymentContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'node'
        version: runtimeVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        // The minimum that every region accepts. The app needs one instance for its timer and one for its HTTP routes.
        maximumInstanceCount: 40
      }
    }
    siteConfig: {
      appSettings: map(items(settings), setting => { name: setting.key, value: setting.value })
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      remoteDebuggingEnabled: false
      scmIpSecurityRestrictionsUseMain: true
      ipSecurityRestrictionsDefaultAction: empty(allowedInboundRanges) ? 'Allow' : 'Deny'
      ipSecurityRestrictions: concat(inboundRanges, admitsEvents && !empty(allowedInboundRanges) ? [eventGrid] : [])
    }
  }

  // Deployments sign in with Microsoft Entra. There are no publishing passwords.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }
}

output id string = site.id
output name string = site.name
output url string = 'https://${site.properties.defaultHostName}'
