// For `azd up` and `az deployment sub create`: creates the resource group, and its resources with resources.bicep.
targetScope = 'subscription'

import { account, accountDefaults as defaultsOfAccounts, discovery as discoveryOfAccounts, profiles as profilesOfAccounts } from './types.bicep'

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

@description('Name of an existing resource group to deploy to, which `azd down` leaves alone; empty: create rg-batch-key-rotator-<environment>.')
param existingResourceGroupName string = ''

@description('The Batch accounts to rotate; empty, without the parameter discovery: those of infra/accounts.json. The app is configured with exactly these, and its identity gets rights on exactly these.')
param accounts account[] = []

@description('Values for every account of the parameter above that does not give its own. The file has its own member for them.')
param accountDefaults defaultsOfAccounts = {}

@description('How accounts are found by a tag; an empty scope: they are not. With this parameter or with accounts, nothing of infra/accounts.json is used. The identity gets the Batch role on the subscriptions of its scope; for management groups the outputs list commands.')
param discovery discoveryOfAccounts = {
  scope: {}
}

@description('Profiles of the accounts of the two parameters above, by name: a tag or an account names one. The file has its own member for them.')
param profiles profilesOfAccounts = {}

@description('How all accounts together are rotated: spread, maxRotating, canaries, breaker and blackouts. The file has its own member for it.')
param fleet object = {}

@description('True: the app reads accounts.json of its package, which must hold the same accounts, discovery and profiles. False: it gets them as a setting, up to 100,000 bytes.')
param accountsInPackage bool = empty(accounts) && empty(discovery.scope)

@description('When to process every account, NCRONTAB in UTC; empty: every 5 minutes.')
param schedule string = ''

@description('True: report every step, change nothing in Batch and Key Vault.')
param dryRun bool = false

@description('Prefix of the names of the tables; empty: BatchKey, and in an existing storage account BatchKey with a unique suffix.')
param tablePrefix string = ''

@description('How long the history is kept, as an ISO 8601 duration; empty: P400D.')
param historyKeep string = ''

@description('More accounts than this to look at go to other instances through a queue; 0: 500.')
@minValue(0)
@maxValue(1000000)
param fanOut int = 0

@description('Address of Resource Manager, for a private link to it; empty: the address of the cloud.')
param resourceManagerEndpoint string = ''

@description('Id of a vault to publish to instead of creating one. The vault must use Azure role-based access control.')
param existingVaultResourceId string = ''

@description('Id of a storage account for the host and the tables instead of creating one. Deployments can share it: each has its own container and tables.')
param existingStorageAccountResourceId string = ''

@description('Id of another storage account for the rotation tables; empty: the storage account of the host.')
param tableStorageAccountResourceId string = ''

@description('Id of a role definition for the Batch accounts, for people who may not create roles; empty: create "Batch Key Rotator".')
param existingBatchRoleDefinitionId string = ''

@description('Id of a role definition for the vaults, for people who may not create roles; empty: create "Batch Key Rotator Secrets".')
param existingVaultRoleDefinitionId string = ''

@description('Suffix of the names of the roles, which must be unique in the tenant; empty: the name of the environment and a unique text.')
param roleNameSuffix string = ''

@description('False: deploys with the rights of a Contributor. The outputs then list the commands that another person runs to create the roles and to assign them.')
param createRoleAssignments bool = true

@description('True: the role for secrets is assigned on each secret in place of the whole vault. The secrets must exist.')
param secretScopedRights bool = false

@description('How the storage account copies its data. A region without availability zones needs Standard_LRS.')
@allowed(['Standard_ZRS', 'Standard_LRS', 'Standard_GZRS', 'Standard_GRS'])
param storageSku string = 'Standard_ZRS'

@description('True: the instances of the app are spread over the zones of the region. Not every region offers this.')
param zoneRedundant bool = false

@description('Memory of an instance of the app.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('True: storage and vault get a lock against deletion. The deploying person needs the right to create locks.')
param lockStorageAndVault bool = false

@description('True: recovers the deleted vault of an earlier deployment with this name. Set it for one deployment only.')
param recoverVault bool = false

@description('Addresses that get an e-mail when an alert fires, separated by commas; empty and no action group: the owners of the subscription.')
param alertEmails string = ''

@description('Id of an action group to use instead of creating one.')
param existingActionGroupResourceId string = ''

@description('Time without a tick after which the rotator counts as dead: at least twice the time between two ticks.')
@allowed(['PT15M', 'PT30M', 'PT1H', 'PT2H', 'PT6H', 'P1D'])
param deadAfter string = 'PT30M'

@description('Address of the folder docs of your copy of this project, such as https://github.com/<owner>/batch-key-rotator/blob/main/docs: each alert names the section that says what to do. Empty: the path alone.')
param documentationUrl string = ''

@description('true: an alert on keys that another caller regenerates. Sends the administrative activity log of every subscription with an account to the workspace. false: no such alert. Empty: true, but without role assignments or with both existing roles nothing is deployed in a subscription: the outputs list the commands that send the log.')
@allowed(['', 'true', 'false'])
param watchActivityLog string = ''

@description('true: the app learns from the audit log of the vaults who reads which version of a secret. Sends the audit log of existing vaults to the workspace. false: no such log is read. Empty: true, but without role assignments the audit log of existing vaults is not sent: the outputs list the commands that send it.')
@allowed(['', 'true', 'false'])
param watchReaders string = ''

@description('Address of the query API of Log Analytics, for a private link to it; empty: the address of the cloud.')
param logEndpoint string = ''
@description('true: an event of Azure has an account compared within seconds of a change by another caller: a regenerated key, a new version of its secret. Creates a system topic for each subscription with an account, and one for the vault. false: nothing of it. commands: deploys nothing, and the outputs list the commands, as for a subscription that has a system topic already. Empty: true, but without role assignments or with both existing roles as commands.')
@allowed(['', 'true', 'false', 'commands'])
param watchEvents string = ''

@description('True once the app has been deployed: Event Grid calls it when the subscriptions of its topics are created. `azd up` does this by itself.')
param appIsDeployed bool = false

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

@description('Application (client) id of the app registration that operators sign in to; empty: function keys only.')
param signInClientId string = ''

@description('Object ids of the groups whose members may operate, separated by commas; empty: everyone in the tenant who has a function key.')
param operatorGroupIds string = ''

@description('Address ranges that may call the app and deploy to it, separated by commas; empty: any.')
param allowedInboundRanges string = ''

@description('True: the app can be called, and deployed to, through a private endpoint only.')
param privateInbound bool = false

@description('True: storage and vault accept requests through private endpoints only, and the app sends from a subnet.')
param privateNetwork bool = false

@description('Address range of the network that is created: at least a /26.')
param networkAddressPrefix string = '10.90.0.0/26'

@description('Id of an existing subnet to send from, delegated to Microsoft.App/environments, instead of creating a network.')
param existingAppSubnetResourceId string = ''

@description('Id of a subnet for the private endpoints; required with existingAppSubnetResourceId. The zones of that network then resolve the names.')
param existingEndpointSubnetResourceId string = ''

@description('Id of the resource group with the private DNS zones to use instead of creating them. They must be linked to the network that resolves the names.')
param existingPrivateDnsZonesResourceGroupId string = ''

@description('Version of Node.')
@allowed(['22', '24'])
param runtimeVersion string = '24'

var abbreviations = loadJsonContent('./abbreviations.json')
var tags = {
  // azd finds the group by this tag.
  'azd-env-name': environmentName
}
var createsGroup = empty(existingResourceGroupName)
var groupName = createsGroup ? '${abbreviations.resourceGroup}batch-key-rotator-${environmentName}' : existingResourceGroupName
var deploymentName = 'batch-key-rotator-${uniqueString(environmentName)}'

// azd deletes the groups that a deployment creates, with all that is in them. So an existing group is no resource of this template.
resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = if (createsGroup) {
  name: groupName
  location: location
  tags: tags
}

module resources 'resources.bicep' = if (createsGroup) {
  name: deploymentName
  scope: group
  params: {
    location: location
    environmentName: environmentName
    tags: tags
    accounts: accounts
    accountDefaults: accountDefaults
    discovery: discovery
    profiles: profiles
    fleet: fleet
    accountsInPackage: accountsInPackage
    schedule: schedule
    dryRun: dryRun
    tablePrefix: tablePrefix
    historyKeep: historyKeep
    fanOut: fanOut
    resourceManagerEndpoint: resourceManagerEndpoint
    existingVaultResourceId: existingVaultResourceId
    existingStorageAccountResourceId: existingStorageAccountResourceId
    tableStorageAccountResourceId: tableStorageAccountResourceId
    existingBatchRoleDefinitionId: existingBatchRoleDefinitionId
    existingVaultRoleDefinitionId: existingVaultRoleDefinitionId
    roleNameSuffix: roleNameSuffix
    createRoleAssignments: createRoleAssignments
    secretScopedRights: secretScopedRights
    storageSku: storageSku
    zoneRedundant: zoneRedundant
    instanceMemoryMB: instanceMemoryMB
    lockStorageAndVault: lockStorageAndVault
    recoverVault: recoverVault
    alertEmails: alertEmails
    existingActionGroupResourceId: existingActionGroupResourceId
    deadAfter: deadAfter
    documentationUrl: documentationUrl
    watchActivityLog: watchActivityLog
    watchReaders: watchReaders
    logEndpoint: logEndpoint
    watchEvents: watchEvents
    appIsDeployed: appIsDeployed
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
    privateInbound: privateInbound
    privateNetwork: privateNetwork
    networkAddressPrefix: networkAddressPrefix
    existingAppSubnetResourceId: existingAppSubnetResourceId
    existingEndpointSubnetResourceId: existingEndpointSubnetResourceId
    existingPrivateDnsZonesResourceGroupId: existingPrivateDnsZonesResourceGroupId
    runtimeVersion: runtimeVersion
  }
}

// The same, without a dependency on the group above: from the dependencies of a failed deployment, `azd down` concludes which groups
// it created.
module resourcesInExistingGroup 'resources.bicep' = if (!createsGroup) {
  name: deploymentName
  scope: resourceGroup(groupName)
  params: {
    location: location
    environmentName: environmentName
    tags: tags
    accounts: accounts
    accountDefaults: accountDefaults
    discovery: discovery
    profiles: profiles
    fleet: fleet
    accountsInPackage: accountsInPackage
    schedule: schedule
    dryRun: dryRun
    tablePrefix: tablePrefix
    historyKeep: historyKeep
    fanOut: fanOut
    resourceManagerEndpoint: resourceManagerEndpoint
    existingVaultResourceId: existingVaultResourceId
    existingStorageAccountResourceId: existingStorageAccountResourceId
    tableStorageAccountResourceId: tableStorageAccountResourceId
    existingBatchRoleDefinitionId: existingBatchRoleDefinitionId
    existingVaultRoleDefinitionId: existingVaultRoleDefinitionId
    roleNameSuffix: roleNameSuffix
    createRoleAssignments: createRoleAssignments
    secretScopedRights: secretScopedRights
    storageSku: storageSku
    zoneRedundant: zoneRedundant
    instanceMemoryMB: instanceMemoryMB
    lockStorageAndVault: lockStorageAndVault
    recoverVault: recoverVault
    alertEmails: alertEmails
    existingActionGroupResourceId: existingActionGroupResourceId
    deadAfter: deadAfter
    documentationUrl: documentationUrl
    watchActivityLog: watchActivityLog
    watchReaders: watchReaders
    logEndpoint: logEndpoint
    watchEvents: watchEvents
    appIsDeployed: appIsDeployed
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
    privateInbound: privateInbound
    privateNetwork: privateNetwork
    networkAddressPrefix: networkAddressPrefix
    existingAppSubnetResourceId: existingAppSubnetResourceId
    existingEndpointSubnetResourceId: existingEndpointSubnetResourceId
    existingPrivateDnsZonesResourceGroupId: existingPrivateDnsZonesResourceGroupId
    runtimeVersion: runtimeVersion
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = groupName
output AZURE_TENANT_ID string = tenant().tenantId
output ROTATOR_APP_NAME string = createsGroup ? resources!.outputs.functionAppName : resourcesInExistingGroup!.outputs.functionAppName
output ROTATOR_APP_URL string = createsGroup ? resources!.outputs.functionAppUrl : resourcesInExistingGroup!.outputs.functionAppUrl
output ROTATOR_BATCH_ROLE string = createsGroup ? resources!.outputs.batchRoleName : resourcesInExistingGroup!.outputs.batchRoleName
output ROTATOR_IDENTITY_CLIENT_ID string = createsGroup ? resources!.outputs.identityClientId : resourcesInExistingGroup!.outputs.identityClientId
output ROTATOR_IDENTITY_PRINCIPAL_ID string = createsGroup ? resources!.outputs.identityPrincipalId : resourcesInExistingGroup!.outputs.identityPrincipalId
output ROTATOR_OUTBOUND_ADDRESS string = createsGroup ? resources!.outputs.outboundAddress : resourcesInExistingGroup!.outputs.outboundAddress
output ROTATOR_RESOURCES_DEPLOYMENT string = deploymentName
output ROTATOR_VAULT_ROLE string = createsGroup ? resources!.outputs.vaultRoleName : resourcesInExistingGroup!.outputs.vaultRoleName
output ROTATOR_VAULT_URL string = createsGroup ? resources!.outputs.sharedVaultUrl : resourcesInExistingGroup!.outputs.sharedVaultUrl
