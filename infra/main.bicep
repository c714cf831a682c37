// For `azd up` and `az deployment sub create`: creates the resource group, and its resources with resources.bicep.
targetScope = 'subscription'

import { account } from './types.bicep'

@description('Name of the environment: dev, prod, …')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region; it must offer Flex Consumption.')
@minLength(1)
@metadata({
  azd: {
    type: 'location'
  }
})
param location string

@description('Name of the resource group; empty: rg-batch-key-rotator-<environment>.')
param resourceGroupName string = ''

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

@description('Address of Resource Manager; empty: the address of the cloud.')
param resourceManagerEndpoint string = ''

@description('Id of a vault to publish to instead of creating one.')
param existingVaultResourceId string = ''

@description('Id of a storage account for the host and the tables instead of creating one.')
param existingStorageAccountResourceId string = ''

@description('Id of another storage account for the rotation tables.')
param tableStorageAccountResourceId string = ''

@description('Id of a role definition for the Batch accounts, for people who may not create roles.')
param existingBatchRoleDefinitionId string = ''

@description('Id of a role definition for the vaults, for people who may not create roles.')
param existingVaultRoleDefinitionId string = ''

@description('Suffix of the names of the two roles, which must be unique in the tenant.')
param roleNameSuffix string = ''

@description('Addresses that get an e-mail when an alert fires; empty and no action group: the owners of the subscription.')
param alertEmails string[] = []

@description('Id of an action group to use instead of creating one.')
param existingActionGroupResourceId string = ''

@description('Time without a tick after which the rotator counts as dead.')
@allowed(['PT15M', 'PT30M', 'PT1H', 'PT2H', 'PT6H', 'P1D'])
param deadAfter string = 'PT30M'

@description('True: report keys that another caller regenerates.')
param watchActivityLog bool = true

@description('Webhook that the app sends alarms to, in addition to its log: an https address.')
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

@description('Application (client) id of the app registration that operators sign in to; empty: function keys only.')
param signInClientId string = ''

@description('Object ids of the groups whose members may operate; empty: everyone in the tenant who has a function key.')
param operatorGroupIds string[] = []

@description('Address ranges that may call the app; empty: any.')
param allowedInboundRanges string[] = []

@description('True: storage and vault accept requests through private endpoints only, and the app sends from a subnet.')
param privateNetwork bool = false

@description('Address range of the network that is created: at least a /26.')
param networkAddressPrefix string = '10.90.0.0/26'

@description('Id of an existing subnet to send from, delegated to Microsoft.App/environments, instead of creating a network.')
param existingAppSubnetResourceId string = ''

@description('Id of a subnet for the private endpoints; required with existingAppSubnetResourceId.')
param existingEndpointSubnetResourceId string = ''

@description('Version of Node.')
@allowed(['22', '24'])
param runtimeVersion string = '24'

var abbreviations = loadJsonContent('./abbreviations.json')
var tags = {
  // azd finds the group by this tag.
  'azd-env-name': environmentName
}

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: empty(resourceGroupName) ? '${abbreviations.resourceGroup}batch-key-rotator-${environmentName}' : resourceGroupName
  location: location
  tags: tags
}

module resources 'resources.bicep' = {
  name: 'batch-key-rotator-${uniqueString(environmentName)}'
  scope: group
  params: {
    location: location
    environmentName: environmentName
    tags: tags
    accounts: accounts
    accountDefaults: accountDefaults
    schedule: schedule
    dryRun: dryRun
    tablePrefix: tablePrefix
    historyKeep: historyKeep
    resourceManagerEndpoint: resourceManagerEndpoint
    existingVaultResourceId: existingVaultResourceId
    existingStorageAccountResourceId: existingStorageAccountResourceId
    tableStorageAccountResourceId: tableStorageAccountResourceId
    existingBatchRoleDefinitionId: existingBatchRoleDefinitionId
    existingVaultRoleDefinitionId: existingVaultRoleDefinitionId
    roleNameSuffix: roleNameSuffix
    alertEmails: alertEmails
    existingActionGroupResourceId: existingActionGroupResourceId
    deadAfter: deadAfter
    watchActivityLog: watchActivityLog
    webhookUrl: webhookUrl
    webhookFormat: webhookFormat
    webhookEvents: webhookEvents
    webhookSecret: webhookSecret
    heartbeatUrl: heartbeatUrl
    heartbeatFail: heartbeatFail
    logRetentionDays: logRetentionDays
    signInClientId: signInClientId
    operatorGroupIds: operatorGroupIds
    allowedInboundRanges: allowedInboundRanges
    privateNetwork: privateNetwork
    networkAddressPrefix: networkAddressPrefix
    existingAppSubnetResourceId: existingAppSubnetResourceId
    existingEndpointSubnetResourceId: existingEndpointSubnetResourceId
    runtimeVersion: runtimeVersion
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_TENANT_ID string = tenant().tenantId
output ROTATOR_APP_NAME string = resources.outputs.functionAppName
output ROTATOR_APP_URL string = resources.outputs.functionAppUrl
output ROTATOR_IDENTITY_CLIENT_ID string = resources.outputs.identityClientId
output ROTATOR_IDENTITY_PRINCIPAL_ID string = resources.outputs.identityPrincipalId
output ROTATOR_OUTBOUND_ADDRESS string = resources.outputs.outboundAddress
output ROTATOR_VAULT_URL string = resources.outputs.sharedVaultUrl
