// All resources of the rotator, in one resource group. This template can be deployed alone:
//   az deployment group create --resource-group <group> --template-file infra/resources.bicep --parameters @<file>

import { account, accountDefaults as defaultsOfAccounts, discovery as discoveryOfAccounts, profiles as profilesOfAccounts } from './types.bicep'
import { appServiceActions, appServiceNotActions, containerAppActions, dataFactoryActions, refreshActions, refreshNotActions, restartActions } from './platform-rights.bicep'
import { batchActions, batchRoleDescription, blobDataOwner, logReader, metricsPublisher, queueDataContributor, secretDataActions, secretsRoleDescription, tableDataContributor } from './rights.bicep'

@description('Region of the resources; default: the region of the resource group.')
param location string = resourceGroup().location

@description('Distinguishes deployments in one resource group; part of the unique suffix of the names.')
param environmentName string = 'main'

param tags object = {}

// ---- what to rotate

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

// ---- what exists already

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

// ---- how it is kept

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

// ---- alerts

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

// ---- access

@description('Application (client) id of the app registration that operators sign in to; empty: function keys only.')
param signInClientId string = ''

@description('Object ids of the groups whose members may operate, separated by commas; empty: everyone in the tenant who has a function key.')
param operatorGroupIds string = ''

@description('Address ranges that may call the app and deploy to it, separated by commas; empty: any.')
param allowedInboundRanges string = ''

@description('True: the app can be called, and deployed to, through a private endpoint only.')
param privateInbound bool = false

// ---- network

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
var token = uniqueString(resourceGroup().id, environmentName)
var functionAppName = '${abbreviations.functionApp}rotator-${token}'

// ---- the accounts: the same list configures the app and grants its identity the rights

// Of any type: its content is checked against the types when it is deployed.
var accountsFile = any(loadJsonContent('./accounts.json'))
// One source as a whole: members of the two are never mixed.
var givesDiscovery = !empty(discovery.scope) || length(discovery) > 1
var takesFile = empty(accounts) && !givesDiscovery
var allAccounts = takesFile ? accountsFile.accounts : accounts
var allDefaults = takesFile ? (accountsFile.?defaults ?? {}) : accountDefaults
var allProfiles = takesFile ? (accountsFile.?profiles ?? {}) : profiles
var profilesPart = empty(allProfiles) ? {} : { profiles: allProfiles }
// Accounts that are found by a tag are not known here: the identity gets its rights on the scope where they are looked for.
var usedDiscovery = any(takesFile ? accountsFile.?discovery : givesDiscovery ? discovery : null)
var hasDiscovery = !empty(usedDiscovery)
var discoveryPart = hasDiscovery ? { discovery: usedDiscovery } : {}
var discoveredSubscriptions = hasDiscovery ? (usedDiscovery.scope.?subscriptions ?? []) : []
var discoveredGroups = hasDiscovery ? map(usedDiscovery.scope.?managementGroups ?? [], id => '/providers/Microsoft.Management/managementGroups/${id}') : []
var usedFleet = takesFile ? (accountsFile.?fleet ?? {}) : fleet
var fleetPart = empty(usedFleet) ? {} : { fleet: usedFleet }
var fleetMembers = ['spread', 'maxRotating', 'canaries', 'breaker', 'blackouts']
var configurationText = string({ defaults: allDefaults, ...profilesPart, ...discoveryPart, ...fleetPart, accounts: allAccounts })
// Linux starts no process with a variable of 128 KiB. The app refuses more bytes than this; base64 counts bytes, up to two too many.
var maxSettingBytes = 100000
var configurationBytes = length(base64(configurationText)) / 4 * 3

// ---- lists

var alertEmailList = filter(map(split(alertEmails, ','), one => trim(one)), one => !empty(one))
var operatorGroupList = filter(map(split(operatorGroupIds, ','), one => trim(one)), one => !empty(one))
var inboundRangeList = filter(map(split(allowedInboundRanges, ','), one => trim(one)), one => !empty(one))

// ---- names and ids

var usesExistingStorage = !empty(existingStorageAccountResourceId)
var storageName = usesExistingStorage ? last(split(existingStorageAccountResourceId, '/')) : '${abbreviations.storageAccount}${token}'
var storageId = usesExistingStorage ? existingStorageAccountResourceId : resourceId('Microsoft.Storage/storageAccounts', storageName)
var hasTableStorage = !empty(tableStorageAccountResourceId)
// A module's scope is evaluated before its condition. So this must be an id that can be split, even where no other account is named.
var tableIdOrOwn = hasTableStorage ? tableStorageAccountResourceId : storageId
// Two deployments in one storage account would overwrite each other's package and tables.
var deploymentContainerName = functionAppName
var sharedStoragePrefix = usesExistingStorage || hasTableStorage ? 'BatchKey${token}' : ''
var usedTablePrefix = empty(tablePrefix) ? sharedStoragePrefix : tablePrefix

var vaultName = '${abbreviations.keyVault}${token}'
var sharedVaultId = empty(existingVaultResourceId) ? resourceId('Microsoft.KeyVault/vaults', vaultName) : existingVaultResourceId
var sharedVaultName = toLower(last(split(sharedVaultId, '/')))
var sharedVaultUrl = 'https://${sharedVaultName}${environment().suffixes.keyvaultDns}'

// The vault of each account. Its id is empty where only the address of another vault is given.
// In the name of a profile's secret: {account}.
var openingBrace = '{'
var accountPlaceholder = '${openingBrace}account}'
// An account that gives no secret of its own takes that of its profile.
var withSecrets = map(allAccounts, one => {
  resourceId: one.resourceId
  secret: one.?secret ?? (allProfiles[?(one.?profile ?? '')].?secret ?? {})
})
// The vaults of the profiles, whose secrets are not known: only where accounts are found.
var profileSecrets = map(hasDiscovery ? items(allProfiles) : [], one => {
  resourceId: ''
  secret: one.value.?secret ?? {}
})
var targets = map(concat(withSecrets, profileSecrets), one => {
  resourceId: one.resourceId
  secretName: replace(one.secret.?name ?? '${accountPlaceholder}-batch-key', accountPlaceholder, last(split(one.resourceId, '/')))
  vaultName: toLower(empty(one.secret.?vaultUrl ?? '') ? last(split(one.secret.?vaultResourceId ?? sharedVaultId, '/')) : split(split(one.secret.vaultUrl, '/')[2], '.')[0])
  vaultResourceId: one.secret.?vaultResourceId ?? ''
})
var allPlaced = map(targets, one => {
  ...one
  vaultId: toLower(!empty(one.vaultResourceId) ? one.vaultResourceId : one.vaultName == sharedVaultName ? sharedVaultId : '')
})
var placed = filter(allPlaced, one => !empty(one.resourceId))
var unplaced = filter(allPlaced, one => empty(one.vaultId))
var hasAccountsOnSharedVault = contains(map(allPlaced, one => one.vaultId), toLower(sharedVaultId))
var createsVault = empty(existingVaultResourceId) && hasAccountsOnSharedVault
var vaultIds = filter(distinct(map(allPlaced, one => one.vaultId)), id => !empty(id))

// A deployment can hold 800 resources: assignments on more accounts or secrets than this are divided.
var assignmentsInOne = 400
var accountGroups = map(range(0, (length(placed) + assignmentsInOne - 1) / assignmentsInOne), i => take(skip(map(placed, one => one.resourceId), i * assignmentsInOne), assignmentsInOne))
var secretsOfVaults = map(vaultIds, id => {
  id: id
  names: secretScopedRights ? map(filter(placed, one => one.vaultId == id), one => one.secretName) : []
})
var vaultGrants = flatten(map(secretsOfVaults, one => map(range(0, max(1, (length(one.names) + assignmentsInOne - 1) / assignmentsInOne)), i => {
  id: one.id
  names: take(skip(one.names, i * assignmentsInOne), assignmentsInOne)
  number: i
})))

var createsNetwork = privateNetwork && empty(existingAppSubnetResourceId)
var networkName = '${abbreviations.virtualNetwork}${token}'
var networkId = createsNetwork ? resourceId('Microsoft.Network/virtualNetworks', networkName) : ''
var appSubnetId = createsNetwork ? '${networkId}/subnets/app' : existingAppSubnetResourceId
var endpointSubnetId = createsNetwork ? '${networkId}/subnets/endpoints' : existingEndpointSubnetResourceId

var storageEndpoints = privateNetwork && !usesExistingStorage
  ? map(['blob', 'queue', 'table'], groupId => {
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
var siteZones = {
  AzureChinaCloud: 'privatelink.chinacloudsites.cn'
  AzureCloud: 'privatelink.azurewebsites.net'
  AzureUSGovernment: 'privatelink.azurewebsites.us'
}

var ownSubscription = subscription().id
var batchSubscriptions = distinct(concat(map(placed, one => toLower('/subscriptions/${split(one.resourceId, '/')[2]}')), map(discoveredSubscriptions, id => toLower('/subscriptions/${id}'))))
var vaultSubscriptions = distinct(map(vaultIds, id => '/subscriptions/${split(id, '/')[2]}'))
var batchScopes = union([ownSubscription], filter(batchSubscriptions, id => id != toLower(ownSubscription)))
var vaultScopes = union([ownSubscription], filter(vaultSubscriptions, id => id != toLower(ownSubscription)))

var roleSuffix = empty(roleNameSuffix) ? '(${environmentName}, ${token})' : roleNameSuffix
var batchRoleName = 'Batch Key Rotator ${roleSuffix}'
var vaultRoleName = 'Batch Key Rotator Secrets ${roleSuffix}'
var lacksBatchRole = empty(existingBatchRoleDefinitionId)
var lacksVaultRole = empty(existingVaultRoleDefinitionId)
var createsRoles = createRoleAssignments && (lacksBatchRole || lacksVaultRole)

// ---- the platforms of consumers: a role for each kind, assigned on the resources that any gate of the configuration names

var gates = concat([allDefaults.?gate ?? {}], map(items(allProfiles), one => one.value.?gate ?? {}), map(allAccounts, one => one.?gate ?? {}))
var platforms = filter(map(flatten(map(gates, one => one.?consumers ?? [])), one => one.?platform ?? {}), one => !empty(one))
var apps = filter(platforms, one => one.kind == 'appService')
var refreshesApps = !empty(filter(apps, one => one.?refresh ?? true))
var restartsApps = !empty(filter(apps, one => one.?restart ?? false))
var siteRights = concat(appServiceActions, refreshesApps ? refreshActions : [], restartsApps ? restartActions : [])
var siteExceptions = concat(appServiceNotActions, refreshesApps ? refreshNotActions : [])
var hasApps = !empty(filter(apps, one => !contains(toLower(one.resourceId), '/slots/')))
var hasSlots = !empty(filter(apps, one => contains(toLower(one.resourceId), '/slots/')))
var platformKinds = [
  {
    kind: 'appService'
    name: 'Batch Key Rotator Apps ${roleSuffix}'
    description: 'Looks at the vault references and instances of apps, and has them read the vault again where the configuration says so.'
    actions: concat(hasApps ? siteRights : [], hasSlots ? map(siteRights, right => replace(right, '/sites/', '/sites/slots/')) : [])
    notActions: concat(hasApps ? siteExceptions : [], hasSlots ? map(siteExceptions, right => replace(right, '/sites/', '/sites/slots/')) : [])
  }
  {
    kind: 'containerApp'
    name: 'Batch Key Rotator Container Apps ${roleSuffix}'
    description: 'Reads Container Apps with their revisions and replicas, and nothing else.'
    actions: containerAppActions
    notActions: []
  }
  {
    kind: 'dataFactory'
    name: 'Batch Key Rotator Data Factories ${roleSuffix}'
    description: 'Reads linked services and unfinished runs of data factories, and nothing else.'
    actions: dataFactoryActions
    notActions: []
  }
]
var allPlatformRoles = map(platformKinds, one => {
  ...one
  ids: distinct(map(filter(platforms, other => other.kind == one.kind), other => toLower(other.resourceId)))
})
var platformRoles = filter(allPlatformRoles, one => !empty(one.ids))
// Who may not create the two roles may not create these: the outputs then list the commands.
var grantedPlatformRoles = createsRoles ? platformRoles : []
var commandedPlatformRoles = createsRoles ? [] : platformRoles
var platformScopes = map(platformRoles, role => union([ownSubscription], filter(distinct(map(role.ids, id => '/subscriptions/${split(id, '/')[2]}')), id => id != toLower(ownSubscription))))
var platformGrants = flatten(map(range(0, length(grantedPlatformRoles)), i => map(range(0, (length(grantedPlatformRoles[i].ids) + assignmentsInOne - 1) / assignmentsInOne), j => {
  role: i
  number: j
  kind: grantedPlatformRoles[i].kind
  ids: take(skip(grantedPlatformRoles[i].ids, j * assignmentsInOne), assignmentsInOne)
})))

// A deployment that creates no role needs no right in a subscription, unless it is asked to send the activity log.
var watchesActivityLog = watchActivityLog != 'false'
var sendsActivityLog = watchActivityLog == 'true' || (watchesActivityLog && createsRoles)
var activityLogSettingName = 'batch-key-rotator-${token}'

// A deployment that assigns no role needs no right on a vault that exists.
var readsAuditLog = watchReaders != 'false'
var ownVaultIds = createsVault ? [toLower(sharedVaultId)] : []
var auditedVaultIds = readsAuditLog ? filter(vaultIds, id => !contains(ownVaultIds, id)) : []
var sendsAuditLog = watchReaders == 'true' || createRoleAssignments
var auditSettingName = 'batch-key-readers-${token}'
// Event Grid calls the app over the public network.
var watchesEvents = watchEvents != 'false' && !privateInbound
var deploysEvents = watchesEvents && watchEvents != 'commands' && (watchEvents == 'true' || createsRoles)
// A topic is in the subscription that it is about: in the group of the rotator, or of the first account there. Of a subscription in
// which accounts are only found later, no group is known.
var eventSources = map(filter(batchSubscriptions, id => id == toLower(ownSubscription) || contains(map(placed, one => toLower('/subscriptions/${split(one.resourceId, '/')[2]}')), id)), id => {
  source: id
  groupId: id == toLower(ownSubscription) ? resourceGroup().id : join(take(split(filter(placed, one => startsWith(toLower(one.resourceId), '${id}/'))[0].resourceId, '/'), 5), '/')
})
var deployedSources = deploysEvents ? eventSources : []
var hasVaultTopic = deploysEvents && createsVault
var eventTopicName = '${abbreviations.eventTopic}keys-${token}'
var vaultTopicName = '${abbreviations.eventTopic}secrets-${token}'
var keyEventTypes = ['Microsoft.Resources.ResourceActionSuccess']
var keyOperations = ['Microsoft.Batch/batchAccounts/regenerateKeys/action', 'Microsoft.Batch/batchAccounts/listKeys/action']
var secretEventTypes = ['Microsoft.KeyVault.SecretNewVersionCreated', 'Microsoft.KeyVault.SecretNearExpiry', 'Microsoft.KeyVault.SecretExpired']
// A topic reaches no storage account that accepts private endpoints only.
var keepsDeadLetters = deploysEvents && createRoleAssignments && !(privateNetwork && !usesExistingStorage)
var deadLetterContainerName = '${functionAppName}-events'

// ---- what must hold

var preconditions = {
  accountsInInfraAccountsJson: allAccounts
  accountsOrDiscoveryInInfraAccountsJson: !empty(allAccounts) || hasDiscovery
  profilesInInfraAccountsJson: allProfiles
  defaultsInInfraAccountsJson: allDefaults
  settingIsShortElseUseInfraAccountsJson: accountsInPackage || configurationBytes <= maxSettingBytes
  defaultsAreInTheFileWithTheAccounts: (!accountsInPackage && !takesFile) || empty(accountDefaults)
  fleetIsInTheFileWithTheAccounts: (!accountsInPackage && !takesFile) || empty(fleet)
  fleetHasKnownMembers: empty(filter(objectKeys(usedFleet), name => !contains(fleetMembers, name)))
  profilesAreInTheFileWithTheAccounts: !takesFile || empty(profiles)
  eachVaultUrlHasItsVaultResourceId: empty(unplaced) || !createRoleAssignments
  secretScopedRightsAreInAnExistingVault: !secretScopedRights || !createsVault
  discoveryNamesItsScope: !hasDiscovery || !empty(discoveredSubscriptions) || !empty(discoveredGroups)
  discoveryHasRightsOnWholeVaults: !secretScopedRights || !hasDiscovery
  privateInboundHasAnEndpointSubnet: !privateInbound || !empty(endpointSubnetId)
  existingAppSubnetHasAnEndpointSubnet: !privateNetwork || !empty(endpointSubnetId)
  zoneRedundantAppHasZoneRedundantStorage: !zoneRedundant || usesExistingStorage || contains(storageSku, 'ZRS')
}

module checks 'modules/preconditions.bicep' = {
  name: 'preconditions-${token}'
  params: {
    accountsInInfraAccountsJson: preconditions.accountsInInfraAccountsJson
    accountsOrDiscoveryInInfraAccountsJson: preconditions.accountsOrDiscoveryInInfraAccountsJson
    discoveryInInfraAccountsJson: hasDiscovery ? usedDiscovery : null
    fleetIsInTheFileWithTheAccounts: preconditions.fleetIsInTheFileWithTheAccounts
    fleetHasKnownMembers: preconditions.fleetHasKnownMembers
    profilesAreInTheFileWithTheAccounts: preconditions.profilesAreInTheFileWithTheAccounts
    profilesInInfraAccountsJson: preconditions.profilesInInfraAccountsJson
    discoveryNamesItsScope: preconditions.discoveryNamesItsScope
    discoveryHasRightsOnWholeVaults: preconditions.discoveryHasRightsOnWholeVaults
    defaultsInInfraAccountsJson: preconditions.defaultsInInfraAccountsJson
    settingIsShortElseUseInfraAccountsJson: preconditions.settingIsShortElseUseInfraAccountsJson
    defaultsAreInTheFileWithTheAccounts: preconditions.defaultsAreInTheFileWithTheAccounts
    eachVaultUrlHasItsVaultResourceId: preconditions.eachVaultUrlHasItsVaultResourceId
    secretScopedRightsAreInAnExistingVault: preconditions.secretScopedRightsAreInAnExistingVault
    privateInboundHasAnEndpointSubnet: preconditions.privateInboundHasAnEndpointSubnet
    existingAppSubnetHasAnEndpointSubnet: preconditions.existingAppSubnetHasAnEndpointSubnet
    zoneRedundantAppHasZoneRedundantStorage: preconditions.zoneRedundantAppHasZoneRedundantStorage
  }
}

module identity 'modules/identity.bicep' = {
  name: 'identity-${token}'
  params: {
    name: '${abbreviations.identity}${token}'
    location: location
    tags: tags
  }
  dependsOn: [
    checks
  ]
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
    assignsRoles: createRoleAssignments
    readsAuditLog: readsAuditLog
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
  dependsOn: [
    checks
  ]
}

module storage 'modules/storage.bicep' = if (!usesExistingStorage) {
  name: 'storage-${token}'
  params: {
    name: storageName
    location: location
    tags: tags
    sku: storageSku
    isPrivate: privateNetwork
    hasLock: lockStorageAndVault
  }
  dependsOn: [
    checks
  ]
}

module storageAccess 'modules/storage-access.bicep' = {
  name: 'storage-access-${token}'
  scope: resourceGroup(split(storageId, '/')[2], split(storageId, '/')[4])
  params: {
    storageAccountName: storageName
    deploymentContainerName: deploymentContainerName
    principalId: identity.outputs.principalId
    assignsRoles: createRoleAssignments
  }
  dependsOn: [
    storage
  ]
}

module tableAccess 'modules/table-access.bicep' = if (hasTableStorage) {
  name: 'table-access-${token}'
  scope: resourceGroup(split(tableIdOrOwn, '/')[2], split(tableIdOrOwn, '/')[4])
  params: {
    storageAccountName: last(split(tableIdOrOwn, '/'))
    principalId: identity.outputs.principalId
    assignsRoles: createRoleAssignments
  }
}

module vault 'modules/vault.bicep' = if (createsVault) {
  name: 'vault-${token}'
  params: {
    name: vaultName
    location: location
    tags: tags
    isPrivate: privateNetwork
    isRecovered: recoverVault
    hasLock: lockStorageAndVault
    workspaceId: monitoring.outputs.workspaceId
  }
}

module vaultAudit 'modules/vault-audit.bicep' = [
  for id in (sendsAuditLog ? auditedVaultIds : []): {
    name: 'vault-audit-${uniqueString(id, token)}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      vaultName: last(split(id, '/'))
      name: auditSettingName
      workspaceId: monitoring.outputs.workspaceId
    }
  }
]

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
      zonesResourceGroupId: existingPrivateDnsZonesResourceGroupId
    }
    dependsOn: [
      network
      storage
      vault
    ]
  }
]

module roles 'modules/roles.bicep' = if (createsRoles) {
  name: 'roles-${token}'
  scope: subscription()
  params: {
    batchRoleName: batchRoleName
    vaultRoleName: vaultRoleName
    batchScopes: batchScopes
    vaultScopes: vaultScopes
    createsBatchRole: lacksBatchRole
    createsVaultRole: lacksVaultRole
  }
  dependsOn: [
    checks
  ]
}

module batchAccess 'modules/batch-access-group.bicep' = [
  for (resourceIds, i) in accountGroups: if (createRoleAssignments) {
    name: 'batch-access-${i}-${token}'
    params: {
      resourceIds: resourceIds
      principalId: identity.outputs.principalId
      roleDefinitionId: lacksBatchRole ? roles!.outputs.batchRoleDefinitionId : existingBatchRoleDefinitionId
      token: token
    }
  }
]

// On the whole subscription: the accounts that the app will find are not known. A management group is out of reach of this deployment.
module discoveryAccess 'modules/batch-access-subscription.bicep' = [
  for id in (createRoleAssignments ? discoveredSubscriptions : []): {
    name: 'batch-access-${uniqueString(id, token)}'
    scope: subscription(id)
    params: {
      principalId: identity.outputs.principalId
      roleDefinitionId: lacksBatchRole ? roles!.outputs.batchRoleDefinitionId : existingBatchRoleDefinitionId
    }
  }
]

module vaultAccess 'modules/vault-access.bicep' = [
  for grant in vaultGrants: if (createRoleAssignments) {
    name: 'vault-access-${grant.number}-${uniqueString(grant.id, token)}'
    scope: resourceGroup(split(grant.id, '/')[2], split(grant.id, '/')[4])
    params: {
      vaultName: last(split(grant.id, '/'))
      secretNames: grant.names
      principalId: identity.outputs.principalId
      roleDefinitionId: lacksVaultRole ? roles!.outputs.vaultRoleDefinitionId : existingVaultRoleDefinitionId
    }
    dependsOn: [
      vault
    ]
  }
]

module platformRoleDefinitions 'modules/platform-role.bicep' = [
  for (role, i) in grantedPlatformRoles: {
    name: 'platform-role-${role.kind}-${token}'
    scope: subscription()
    params: {
      roleName: role.name
      roleDescription: role.description
      actions: role.actions
      notActions: role.notActions
      scopes: platformScopes[i]
    }
    dependsOn: [
      checks
    ]
  }
]

module platformAccess 'modules/platform-access-group.bicep' = [
  for grant in platformGrants: {
    name: 'platform-access-${grant.kind}-${grant.number}-${token}'
    params: {
      kind: grant.kind
      resourceIds: grant.ids
      principalId: identity.outputs.principalId
      roleDefinitionId: platformRoleDefinitions[grant.role].outputs.id
      token: token
    }
  }
]

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app-${token}'
  params: {
    name: functionAppName
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
    allowedInboundRanges: inboundRangeList
    admitsEvents: watchesEvents
    isPrivate: privateInbound
    zoneRedundant: zoneRedundant
    instanceMemoryMB: instanceMemoryMB
    hasTableStorage: hasTableStorage
    tableStorageEndpoint: hasTableStorage ? tableAccess!.outputs.tableEndpoint : ''
    rotationAccounts: accountsInPackage ? '@accounts.json' : configurationText
    dryRun: dryRun
    hasSignIn: !empty(signInClientId)
    readsAuditLog: readsAuditLog
    logWorkspaceId: monitoring.outputs.workspaceGuid
    optionalSettings: {
      ROTATION_ALERT_WEBHOOK_EVENTS: webhookEvents
      ROTATION_ALERT_WEBHOOK_FORMAT: webhookFormat
      ROTATION_ALERT_WEBHOOK_SECRET: webhookSecret
      ROTATION_ALERT_WEBHOOK_URL: webhookUrl
      ROTATION_ARM_ENDPOINT: resourceManagerEndpoint
      ROTATION_FAN_OUT: fanOut == 0 ? '' : string(fanOut)
      ROTATION_HEARTBEAT_FAIL: heartbeatFail
      ROTATION_HEARTBEAT_URL: heartbeatUrl
      ROTATION_HISTORY_KEEP: historyKeep
      ROTATION_LOG_ENDPOINT: logEndpoint
      ROTATION_SCHEDULE: schedule
      ROTATION_TABLE_PREFIX: usedTablePrefix
      ROTATION_VAULT_URL: hasAccountsOnSharedVault ? sharedVaultUrl : ''
    }
  }
  // At the first tick every role assignment and every DNS name should exist.
  dependsOn: [
    batchAccess
    endpoints
    network
    platformAccess
    vaultAccess
  ]
}

module inboundEndpoint 'modules/private-endpoint.bicep' = if (privateInbound) {
  name: 'endpoint-sites-${token}'
  params: {
    name: '${abbreviations.privateEndpoint}sites-${token}'
    location: location
    tags: tags
    subnetId: endpointSubnetId
    resourceId: functionApp.outputs.id
    groupId: 'sites'
    zoneName: siteZones[environment().name]
    networkId: networkId
    zonesResourceGroupId: existingPrivateDnsZonesResourceGroupId
  }
}

module signIn 'modules/sign-in.bicep' = if (!empty(signInClientId)) {
  name: 'sign-in-${token}'
  params: {
    siteName: functionApp.outputs.name
    clientId: signInClientId
    tenantId: tenant().tenantId
    operatorGroupIds: operatorGroupList
    accountNames: map(allAccounts, one => toLower(one.?name ?? last(split(one.resourceId, '/'))))
    eventIdentities: deploysEvents ? [eventIdentity!.outputs.principalId] : []
  }
}

// Of all topics: it writes dead letters, and signs in where operators do.
module eventIdentity 'modules/identity.bicep' = if (deploysEvents) {
  name: 'event-identity-${token}'
  params: {
    name: '${abbreviations.identity}events-${token}'
    location: location
    tags: tags
  }
  dependsOn: [
    checks
  ]
}

module eventTopics 'modules/event-topic.bicep' = [
  for one in deployedSources: {
    name: 'event-topic-${uniqueString(one.source, token)}'
    scope: resourceGroup(split(one.groupId, '/')[2], split(one.groupId, '/')[4])
    params: {
      name: eventTopicName
      location: 'global'
      tags: tags
      topicType: 'Microsoft.Resources.Subscriptions'
      source: one.source
      identityId: eventIdentity!.outputs.id
    }
  }
]

module vaultTopic 'modules/event-topic.bicep' = if (hasVaultTopic) {
  name: 'event-topic-secrets-${token}'
  params: {
    name: vaultTopicName
    location: location
    tags: tags
    topicType: 'Microsoft.KeyVault.vaults'
    source: vault!.outputs.id
    identityId: eventIdentity!.outputs.id
  }
}

module deadLetters 'modules/dead-letters.bicep' = if (keepsDeadLetters) {
  name: 'dead-letters-${token}'
  scope: resourceGroup(split(storageId, '/')[2], split(storageId, '/')[4])
  params: {
    storageAccountName: storageName
    containerName: deadLetterContainerName
    principalId: eventIdentity!.outputs.principalId
  }
  dependsOn: [
    storage
  ]
}

// The key of this one function. It exists once the app is deployed.
resource receiveEvents 'Microsoft.Web/sites/functions@2024-11-01' existing = if (deploysEvents && appIsDeployed) {
  name: '${functionAppName}/receiveEvents'
}

module keyEvents 'modules/event-subscription.bicep' = [
  for (one, i) in deployedSources: if (appIsDeployed) {
    name: 'event-subscription-${uniqueString(one.source, token)}'
    scope: resourceGroup(split(one.groupId, '/')[2], split(one.groupId, '/')[4])
    params: {
      topicName: eventTopics[i].outputs.name
      name: 'batch-keys-${token}'
      endpointUrl: appIsDeployed ? '${functionApp.outputs.url}/api/events?code=${receiveEvents!.listKeys().default}' : ''
      eventTypes: keyEventTypes
      operations: keyOperations
      deadLetterStorageId: keepsDeadLetters ? storageId : ''
      deadLetterContainerName: deadLetterContainerName
      signInClientId: signInClientId
      identityId: eventIdentity!.outputs.id
    }
    dependsOn: [
      deadLetters
      signIn
    ]
  }
]

module secretEvents 'modules/event-subscription.bicep' = if (hasVaultTopic && appIsDeployed) {
  name: 'event-subscription-secrets-${token}'
  params: {
    topicName: vaultTopic!.outputs.name
    name: 'batch-secrets-${token}'
    endpointUrl: appIsDeployed ? '${functionApp.outputs.url}/api/events?code=${receiveEvents!.listKeys().default}' : ''
    eventTypes: secretEventTypes
    operations: []
    deadLetterStorageId: keepsDeadLetters ? storageId : ''
    deadLetterContainerName: deadLetterContainerName
    signInClientId: signInClientId
    identityId: eventIdentity!.outputs.id
  }
  dependsOn: [
    deadLetters
    signIn
  ]
}

module activityLog 'modules/activity-log.bicep' = [
  for id in batchSubscriptions: if (sendsActivityLog) {
    name: 'activity-log-${uniqueString(id, token)}'
    scope: subscription(split(id, '/')[2])
    params: {
      name: activityLogSettingName
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
    emails: alertEmailList
    existingActionGroupResourceId: existingActionGroupResourceId
    deadAfter: deadAfter
    watchesActivityLog: watchesActivityLog
    rotatorPrincipalId: identity.outputs.principalId
    rotatorClientId: identity.outputs.clientId
    accountResourceIds: map(placed, one => one.resourceId)
    documentationUrl: documentationUrl
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

// ---- for the person who may assign roles, where the deployment does not: commands for a POSIX shell

var batchRoleToAssign = lacksBatchRole ? batchRoleName : existingBatchRoleDefinitionId
var vaultRoleToAssign = lacksVaultRole ? vaultRoleName : existingVaultRoleDefinitionId
var batchRoleToCreate = {
  Name: batchRoleName
  Description: batchRoleDescription
  Actions: batchActions
  AssignableScopes: batchScopes
}
var vaultRoleToCreate = {
  Name: vaultRoleName
  Description: secretsRoleDescription
  Actions: []
  DataActions: secretDataActions
  AssignableScopes: vaultScopes
}
// A role can be assigned on a management group only where it is defined for that group: so it is a role of its own.
var groupRoleName = 'Batch Key Rotator Groups ${roleSuffix}'
var groupRoleToCreate = {
  Name: groupRoleName
  Description: batchRoleDescription
  Actions: batchActions
  AssignableScopes: take(discoveredGroups, 1)
}
var groupRolesToCreate = empty(discoveredGroups) || !lacksBatchRole ? [] : [string(groupRoleToCreate)]
var groupRolesToAssign = map(discoveredGroups, id => { role: lacksBatchRole ? groupRoleName : batchRoleToAssign, scope: id })
var platformRolesToCreate = map(range(0, length(commandedPlatformRoles)), i => string({
  Name: commandedPlatformRoles[i].name
  Description: commandedPlatformRoles[i].description
  Actions: commandedPlatformRoles[i].actions
  NotActions: commandedPlatformRoles[i].notActions
  AssignableScopes: platformScopes[i]
}))
var platformRolesToAssign = flatten(map(commandedPlatformRoles, one => map(one.ids, id => { role: one.name, scope: id })))
var rolesToCreate = createRoleAssignments
  ? []
  : concat(lacksBatchRole ? [string(batchRoleToCreate)] : [], lacksVaultRole ? [string(vaultRoleToCreate)] : [])
var vaultScopesToAssign = flatten(map(vaultGrants, grant => empty(grant.names) ? [grant.id] : map(grant.names, name => '${grant.id}/secrets/${name}')))
// The shell finds the ids of vaults that are known by their address alone.
var foundVaultScopes = map(distinct(map(unplaced, one => one.vaultName)), name => '$(az keyvault show --name ${name} --query id --output tsv)')
var rolesToAssign = createRoleAssignments
  ? []
  : concat(
      map(placed, one => { role: batchRoleToAssign, scope: one.resourceId }),
      map(discoveredSubscriptions, id => { role: batchRoleToAssign, scope: '/subscriptions/${id}' }),
      map(concat(vaultScopesToAssign, foundVaultScopes), id => { role: vaultRoleToAssign, scope: id }),
      map([blobDataOwner, tableDataContributor, queueDataContributor], role => { role: role, scope: storageId }),
      hasTableStorage ? [{ role: tableDataContributor, scope: tableStorageAccountResourceId }] : [],
      [{ role: metricsPublisher, scope: monitoring.outputs.applicationInsightsId }],
      readsAuditLog ? [{ role: logReader, scope: monitoring.outputs.workspaceId }] : []
    )

var auditLogsToSend = readsAuditLog ? concat(sendsAuditLog ? [] : auditedVaultIds, foundVaultScopes) : []
var subscriptionsToWatch = watchesActivityLog && !sendsActivityLog ? batchSubscriptions : []

var eventKeyCommand = 'az functionapp function keys list --resource-group ${resourceGroup().name} --name ${functionAppName} --function-name receiveEvents --query default --output tsv'
var sourcesToWatch = watchesEvents && !deploysEvents ? batchSubscriptions : []

output functionAppName string = functionApp.outputs.name
output functionAppUrl string = functionApp.outputs.url
output identityClientId string = identity.outputs.clientId
output identityPrincipalId string = identity.outputs.principalId
output outboundAddress string = createsNetwork ? network!.outputs.outboundAddress : ''
output sharedVaultUrl string = hasAccountsOnSharedVault ? sharedVaultUrl : ''
output batchRoleName string = batchRoleToAssign
output vaultRoleName string = vaultRoleToAssign
output roleDefinitionCommands string[] = map(concat(rolesToCreate, groupRolesToCreate, platformRolesToCreate), role => 'az role definition create --role-definition \'${role}\'')
output roleAssignmentCommands string[] = map(concat(rolesToAssign, groupRolesToAssign, platformRolesToAssign), one => 'az role assignment create --assignee-object-id ${identity.outputs.principalId} --assignee-principal-type ServicePrincipal --role "${one.role}" --scope "${one.scope}"')
output activityLogCommands string[] = map(subscriptionsToWatch, id => 'az monitor diagnostic-settings subscription create --subscription ${split(id, '/')[2]} --name ${activityLogSettingName} --location ${location} --workspace "${monitoring.outputs.workspaceId}" --logs \'[{"category":"Administrative","enabled":true}]\'')
output auditLogCommands string[] = map(auditLogsToSend, id => 'az monitor diagnostic-settings create --resource "${id}" --name ${auditSettingName} --workspace "${monitoring.outputs.workspaceId}" --export-to-resource-specific true --logs \'[{"category":"AuditEvent","enabled":true}]\'')
output eventCommands string[] = map(sourcesToWatch, id => 'az eventgrid event-subscription create --name batch-keys-${token} --source-resource-id ${id} --endpoint "${functionApp.outputs.url}/api/events?code=$(${eventKeyCommand})" --included-event-types ${join(keyEventTypes, ' ')} --advanced-filter data.operationName StringIn ${join(keyOperations, ' ')} --event-ttl 360')
