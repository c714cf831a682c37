// For `azd up` and `az deployment sub create`: makes the resource group, and everything in it by resources.bicep.
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

@description('The Batch accounts to rotate, as in ROTATION_ACCOUNTS. The app gets exactly these, and its identity the right to exactly these.')
@minLength(1)
param accounts account[]

@description('What counts for every account that does not say otherwise: the member "defaults" of ROTATION_ACCOUNTS.')
param accountDefaults object = {}

@description('When to look at every account, NCRONTAB in UTC; empty: every 5 minutes.')
param schedule string = ''

@description('True: report every step, change nothing in Batch and Key Vault.')
param dryRun bool = false

@description('What the names of the tables begin with; empty: BatchKey.')
param tablePrefix string = ''

@description('How long the history is kept, as an ISO 8601 duration; empty: P400D.')
param historyKeep string = ''

@description('Resource Manager\'s address; empty: by cloud.')
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

@description('Put behind the names of the two roles, which must be unique in the tenant.')
param roleNameSuffix string = ''

@description('Who gets an e-mail when something is wrong; nobody here and no action group: the owners of the subscription.')
param alertEmails string[] = []

@description('Id of an action group to use instead of creating one.')
param existingActionGroupResourceId string = ''

@description('Without a tick for so long, the rotator counts as dead.')
@allowed(['PT15M', 'PT30M', 'PT1H', 'PT2H', 'PT6H', 'P1D'])
param deadAfter string = 'PT30M'

@description('True: tell of keys that somebody else regenerates.')
param watchActivityLog bool = true

@description('Where the app itself sends alarms besides its log: an https address.')
@secure()
param webhookUrl string = ''

@description('cloudevents, teams or slack; empty: cloudevents.')
@allowed(['', 'cloudevents', 'teams', 'slack'])
param webhookFormat string = ''

@description('alarms or all; empty: alarms.')
@allowed(['', 'alarms', 'all'])
param webhookEvents string = ''

@description('Signs what is sent: whsec_ and base64 of 24 to 64 bytes.')
@secure()
param webhookSecret string = ''

@description('How long the log is kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Application (client) id of the app registration that operators sign in to; empty: function keys alone.')
param signInClientId string = ''

@description('Object ids of the groups whose members may operate; empty: everybody in the tenant who has a function key.')
param operatorGroupIds string[] = []

@description('Address ranges that may call the app; empty: any.')
param allowedInboundRanges string[] = []

@description('True: storage and vault are reached through private endpoints only, and the app sends from a subnet.')
param privateNetwork bool = false

@description('Address range of the network that is made: at least a /26.')
param networkAddressPrefix string = '10.90.0.0/26'

@description('Id of a subnet to send from, delegated to Microsoft.App/environments, instead of a network of its own.')
param existingAppSubnetResourceId string = ''

@description('Id of a subnet for the private endpoints, together with the one above.')
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
