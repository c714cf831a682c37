// All resources of the rotator, in one resource group. This template can be deployed alone:
//   az deployment group create --resource-group <group> --template-file infra/resources.bicep --parameters @<file>

import { account } from './types.bicep'

@description('Region of the resources; default: the region of the resource group.')
param location string = resourceGroup().location

@description('Distinguishes deployments in one resource group; part of the unique suffix of the names.')
param environmentName string = 'main'

param tags object = {}

// ---- what to rotate

@description('The Batch accounts to rotate, as in ROTATION_ACCOUNTS. The app is configured with exactly these, and its identity gets rights on exactly these.')
@minLength(1)
param accounts account[]

@description('Values for every account that does not give its own: the member "defaults" of ROTATION_ACCOUNTS.')
param accountDefaults object = {}

@description('When to process every account, NCRONTAB in UTC; empty: every 5 minutes.')
param schedule string = ''

@description('True: report every step, change nothing in Batch and Key Vault.')
param dryRun bool = false

@description('Prefix of the names of the tables; empty: BatchKey.')
param tablePrefix string = ''

@description('How long the history is kept, as an ISO 8601 duration; empty: P400D.')
param historyKeep string = ''

@description('Address of Resource Manager, for a private link to it; empty: the address of the cloud.')
param resourceManagerEndpoint string = ''

// ---- what exists already

@description('Id of a vault to publish to instead of creating one. The vault must use Azure role-based access control.')
param existingVaultResourceId string = ''

@description('Id of a storage account for the host and the tables instead of creating one.')
param existingStorageAccountResourceId string = ''

@description('Id of another storage account for the rotation tables; empty: the storage account of the host.')
param tableStorageAccountResourceId string = ''

@description('Id of a role definition for the Batch accounts, for people who may not create roles; empty: create "Batch Key Rotator".')
param existingBatchRoleDefinitionId string = ''

@description('Id of a role definition for the vaults, for people who may not create roles; empty: create "Batch Key Rotator Secrets".')
param existingVaultRoleDefinitionId string = ''

@description('Suffix of the names of the two roles. These names must be unique in the tenant, so a second deployment that cannot share the roles of the first needs a suffix.')
param roleNameSuffix string = ''

// ---- alerts

@description('Addresses that get an e-mail when an alert fires; empty and no action group: the owners of the subscription.')
param alertEmails string[] = []

@description('Id of an action group to use instead of creating one.')
param existingActionGroupResourceId string = ''

@description('Time without a tick after which the rotator counts as dead: at least twice the time between two ticks.')
@allowed(['PT15M', 'PT30M', 'PT1H', 'PT2H', 'PT6H', 'P1D'])
param deadAfter string = 'PT30M'

@description('True: report keys that another caller regenerates. Sends the administrative activity log of every subscription with an account to the workspace.')
param watchActivityLog bool = true

@description('Webhook that the app sends alarms to, in addition to its log: an https address. The address may contain a signature, so it is kept as a secret.')
@secure()
param webhookUrl string = ''

@description('cloudevents, teams or slack; empty: cloudevents.')
@allowed(['', 'cloudevents', 'teams', 'slack'])
param webhookFormat string = ''

@description('alarms or all; empty: alarms.')
@allowed(['', 'alarms', 'all'])
param webhookEvents string = ''

@description('Signs the requests to the webhook: whsec_ and base64 of 24 to 64 bytes.')
@secure()
param webhookSecret string = ''

@description('Address of a service outside Azure that raises an alarm when no run of the timer has called it for too long: an https address. It is kept as a secret.')
@secure()
param heartbeatUrl string = ''

@description('true: call the address with /fail at the end of its path after a bad run; empty: false.')
@allowed(['', 'true', 'false'])
param heartbeatFail string = ''

@description('How long the log is kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

// ---- access

@description('Application (client) id of the app registration that operators sign in to; empty: function keys only.')
param signInClientId string = ''

@description('Object ids of the groups whose members may operate; empty: everyone in the tenant who has a function key.')
param operatorGroupIds string[] = []

@description('Address ranges that may call the app; empty: any.')
param allowedInboundRanges string[] = []

// ---- network

@description('True: storage and vault accept requests through private endpoints only, and the app sends from a subnet.')
param privateNetwork bool = false

@description('Address range of the network that is created: at least a /26.')
param networkAddressPrefix string = '10.90.0.0/26'

@description('Id of an existing subnet to send from, delegated to Microsoft.App/environments, instead of creating a network.')
param existingAppSubnetResourceId string = ''

@description('Id of a subnet for the private endpoints; required with existingAppSubnetResourceId. The zones of that network then resolve the names.')
param existingEndpointSubnetResourceId string = ''

@description('Version of Node.')
@allowed(['22', '24'])
param runtimeVersion string = '24'

var abbreviations = loadJsonContent('./abbreviations.json')
var token = uniqueString(resourceGroup().id, environmentName)
var deploymentContainerName = 'deployments'

// ---- names and ids

var usesExistingStorage = !empty(existingStorageAccountResourceId)
var storageName = usesExistingStorage ? last(split(existingStorageAccountResourceId, '/')) : '${abbreviations.storageAccount}${token}'
var storageId = usesExistingStorage ? existingStorageAccountResourceId : resourceId('Microsoft.Storage/storageAccounts', storageName)

var hasAccountsOnSharedVault = length(filter(accounts, one => empty(one.?secret.?vaultResourceId ?? ''))) > 0
var createsVault = empty(existingVaultResourceId) && hasAccountsOnSharedVault
var vaultName = '${abbreviations.keyVault}${token}'
var sharedVaultId = empty(existingVaultResourceId) ? resourceId('Microsoft.KeyVault/vaults', vaultName) : existingVaultResourceId
var vaultIds = distinct(map(accounts, one => toLower(one.?secret.?vaultResourceId ?? sharedVaultId)))

var createsNetwork = privateNetwork && empty(existingAppSubnetResourceId)
var networkName = '${abbreviations.virtualNetwork}${token}'
var networkId = createsNetwork ? resourceId('Microsoft.Network/virtualNetworks', networkName) : ''
var appSubnetId = createsNetwork ? '${networkId}/subnets/app' : existingAppSubnetResourceId
var endpointSubnetId = createsNetwork ? '${networkId}/subnets/endpoints' : existingEndpointSubnetResourceId

var storageEndpoints = privateNetwork && !usesExistingStorage
  ? map(['blob', 'table'], groupId => {
      groupId: groupId
      resourceId: storageId
      zoneName: 'privatelink.${groupId}.${environment().suffixes.storage}'
    })
  : []
var vaultEndpoints = privateNetwork && createsVault
  ? [
      {
        groupId: 'vault'
        resourceId: sharedVaultId
        zoneName: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
      }
    ]
  : []

var ownSubscription = subscription().id
var batchSubscriptions = distinct(map(accounts, one => toLower('/subscriptions/${split(one.resourceId, '/')[2]}')))
var vaultSubscriptions = distinct(map(vaultIds, id => '/subscriptions/${split(id, '/')[2]}'))

// ---- the configuration: the same list configures the app and grants its identity the rights

var configuration = {
  defaults: accountDefaults
  accounts: map(accounts, one => {
    ...one
    secret: {
      vaultUrl: 'https://${toLower(last(split(one.?secret.?vaultResourceId ?? sharedVaultId, '/')))}${environment().suffixes.keyvaultDns}'
      name: one.?secret.?name ?? '${last(split(one.resourceId, '/'))}-batch-key'
    }
  })
}

module identity 'modules/identity.bicep' = {
  name: 'identity-${token}'
  params: {
    name: '${abbreviations.identity}${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring-${token}'
  params: {
    workspaceName: '${abbreviations.logAnalytics}${token}'
    applicationInsightsName: '${abbreviations.applicationInsights}${token}'
    location: location
    tags: tags
    retentionInDays: logRetentionDays
    principalId: identity.outputs.principalId
  }
}

module network 'modules/network.bicep' = if (createsNetwork) {
  name: 'network-${token}'
  params: {
    name: networkName
    natGatewayName: '${abbreviations.natGateway}${token}'
    publicIpAddressName: '${abbreviations.publicIpAddress}${token}'
    networkSecurityGroupName: '${abbreviations.networkSecurityGroup}${token}'
    location: location
    tags: tags
    addressPrefix: networkAddressPrefix
  }
}

module storage 'modules/storage.bicep' = if (!usesExistingStorage) {
  name: 'storage-${token}'
  params: {
    name: storageName
    location: location
    tags: tags
    isPrivate: privateNetwork
  }
}

module storageAccess 'modules/storage-access.bicep' = {
  name: 'storage-access-${token}'
  scope: resourceGroup(split(storageId, '/')[2], split(storageId, '/')[4])
  params: {
    storageAccountName: storageName
    deploymentContainerName: deploymentContainerName
    principalId: identity.outputs.principalId
  }
  dependsOn: [
    storage
  ]
}

module tableAccess 'modules/table-access.bicep' = if (!empty(tableStorageAccountResourceId)) {
  name: 'table-access-${token}'
  scope: resourceGroup(split(tableIdOrOwn, '/')[2], split(tableIdOrOwn, '/')[4])
  params: {
    storageAccountName: last(split(tableIdOrOwn, '/'))
    principalId: identity.outputs.principalId
  }
}

// A module's scope is evaluated before its condition. So this must be an id that can be split, even where no other account is named.
var tableIdOrOwn = empty(tableStorageAccountResourceId) ? storageId : tableStorageAccountResourceId

module vault 'modules/vault.bicep' = if (createsVault) {
  name: 'vault-${token}'
  params: {
    name: vaultName
    location: location
    tags: tags
    isPrivate: privateNetwork
    workspaceId: monitoring.outputs.workspaceId
  }
}

module endpoints 'modules/private-endpoint.bicep' = [
  for endpoint in concat(storageEndpoints, vaultEndpoints): {
    name: 'endpoint-${endpoint.groupId}-${token}'
    params: {
      name: '${abbreviations.privateEndpoint}${endpoint.groupId}-${token}'
      location: location
      tags: tags
      subnetId: endpointSubnetId
      resourceId: endpoint.resourceId
      groupId: endpoint.groupId
      zoneName: endpoint.zoneName
      networkId: networkId
    }
    dependsOn: [
      network
      storage
      vault
    ]
  }
]

module roles 'modules/roles.bicep' = {
  name: 'roles-${token}'
  scope: subscription()
  params: {
    nameSuffix: empty(roleNameSuffix) ? '' : ' ${roleNameSuffix}'
    batchScopes: union([ownSubscription], filter(batchSubscriptions, id => id != toLower(ownSubscription)))
    vaultScopes: union([ownSubscription], filter(vaultSubscriptions, id => id != toLower(ownSubscription)))
    existingBatchRoleDefinitionId: existingBatchRoleDefinitionId
    existingVaultRoleDefinitionId: existingVaultRoleDefinitionId
  }
}

module batchAccess 'modules/batch-access.bicep' = [
  for one in accounts: {
    name: 'batch-access-${uniqueString(toLower(one.resourceId), token)}'
    scope: resourceGroup(split(one.resourceId, '/')[2], split(one.resourceId, '/')[4])
    params: {
      accountName: last(split(one.resourceId, '/'))
      principalId: identity.outputs.principalId
      roleDefinitionId: roles.outputs.batchRoleDefinitionId
    }
  }
]

module vaultAccess 'modules/vault-access.bicep' = [
  for id in vaultIds: {
    name: 'vault-access-${uniqueString(id, token)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      vaultName: last(split(id, '/'))
      principalId: identity.outputs.principalId
      roleDefinitionId: roles.outputs.vaultRoleDefinitionId
    }
    dependsOn: [
      vault
    ]
  }
]

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app-${token}'
  params: {
    name: '${abbreviations.functionApp}rotator-${token}'
    planName: '${abbreviations.plan}${token}'
    location: location
    tags: tags
    runtimeVersion: runtimeVersion
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageAccountName: storageName
    blobEndpoint: storageAccess.outputs.blobEndpoint
    queueEndpoint: storageAccess.outputs.queueEndpoint
    tableEndpoint: storageAccess.outputs.tableEndpoint
    deploymentContainerName: deploymentContainerName
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    subnetId: appSubnetId
    allowedInboundRanges: allowedInboundRanges
    hasTableStorage: !empty(tableStorageAccountResourceId)
    tableStorageEndpoint: empty(tableStorageAccountResourceId) ? '' : tableAccess!.outputs.tableEndpoint
    configuration: configuration
    dryRun: dryRun
    hasSignIn: !empty(signInClientId)
    optionalSettings: {
      ROTATION_ALERT_WEBHOOK_EVENTS: webhookEvents
      ROTATION_ALERT_WEBHOOK_FORMAT: webhookFormat
      ROTATION_ALERT_WEBHOOK_SECRET: webhookSecret
      ROTATION_ALERT_WEBHOOK_URL: webhookUrl
      ROTATION_ARM_ENDPOINT: resourceManagerEndpoint
      ROTATION_HEARTBEAT_FAIL: heartbeatFail
      ROTATION_HEARTBEAT_URL: heartbeatUrl
      ROTATION_HISTORY_KEEP: historyKeep
      ROTATION_SCHEDULE: schedule
      ROTATION_TABLE_PREFIX: tablePrefix
    }
  }
  // At the first tick every role assignment and every DNS name should exist.
  dependsOn: [
    batchAccess
    endpoints
    network
    vaultAccess
  ]
}

module signIn 'modules/sign-in.bicep' = if (!empty(signInClientId)) {
  name: 'sign-in-${token}'
  params: {
    siteName: functionApp.outputs.name
    clientId: signInClientId
    tenantId: tenant().tenantId
    operatorGroupIds: operatorGroupIds
    accountNames: map(accounts, one => one.?name ?? last(split(one.resourceId, '/')))
  }
}

module activityLog 'modules/activity-log.bicep' = [
  for id in batchSubscriptions: if (watchActivityLog) {
    name: 'activity-log-${uniqueString(id, token)}'
    scope: subscription(split(id, '/')[2])
    params: {
      name: 'batch-key-rotator-${token}'
      workspaceId: monitoring.outputs.workspaceId
    }
  }
]

module alerts 'modules/alerts.bicep' = {
  name: 'alerts-${token}'
  params: {
    namePrefix: '${abbreviations.alertRule}${token}-'
    actionGroupName: '${abbreviations.actionGroup}${token}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    emails: alertEmails
    existingActionGroupResourceId: existingActionGroupResourceId
    deadAfter: deadAfter
    watchesActivityLog: watchActivityLog
    rotatorPrincipalId: identity.outputs.principalId
    rotatorClientId: identity.outputs.clientId
    accountResourceIds: map(accounts, one => one.resourceId)
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook-${token}'
  params: {
    name: guid(resourceGroup().id, environmentName, 'batch-keys')
    displayName: 'Batch keys'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

output functionAppName string = functionApp.outputs.name
output functionAppUrl string = functionApp.outputs.url
output identityClientId string = identity.outputs.clientId
output identityPrincipalId string = identity.outputs.principalId
output outboundAddress string = createsNetwork ? network!.outputs.outboundAddress : ''
output sharedVaultUrl string = hasAccountsOnSharedVault ? 'https://${toLower(last(split(sharedVaultId, '/')))}${environment().suffixes.keyvaultDns}' : ''
