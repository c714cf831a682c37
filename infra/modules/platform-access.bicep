// Lets the app look at one resource that a consumer runs on. Deployed to the resource group of the resource, in any subscription.

@allowed(['appService', 'containerApp', 'dataFactory'])
param kind string
param resourceId string
param principalId string
param roleDefinitionId string

// The same definition, with its id in this subscription.
var localRoleDefinitionId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', last(split(roleDefinitionId, '/')))
var assignmentName = guid(toLower(resourceId), principalId, localRoleDefinitionId)
var assignment = {
  principalId: principalId
  principalType: 'ServicePrincipal'
  roleDefinitionId: localRoleDefinitionId
  description: 'batch-key-rotator: looks at what a consumer of a Batch key runs on'
}
// Of /subscriptions/…/resourceGroups/…/providers/Microsoft.Web/sites/{name}/slots/{slot}.
var parts = split(resourceId, '/')
var isSlot = kind == 'appService' && length(parts) > 9

resource site 'Microsoft.Web/sites@2024-11-01' existing = if (kind == 'appService' && !isSlot) {
  name: parts[8]
}

resource siteAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (kind == 'appService' && !isSlot) {
  name: assignmentName
  scope: site
  properties: assignment
}

resource slot 'Microsoft.Web/sites/slots@2024-11-01' existing = if (isSlot) {
  name: '${parts[8]}/${last(parts)}'
}

resource slotAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isSlot) {
  name: assignmentName
  scope: slot
  properties: assignment
}

resource containerApp 'Microsoft.App/containerApps@2025-01-01' existing = if (kind == 'containerApp') {
  name: parts[8]
}

resource containerAppAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (kind == 'containerApp') {
  name: assignmentName
  scope: containerApp
  properties: assignment
}

resource factory 'Microsoft.DataFactory/factories@2018-06-01' existing = if (kind == 'dataFactory') {
  name: parts[8]
}

resource factoryAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (kind == 'dataFactory') {
  name: assignmentName
  scope: factory
  properties: assignment
}
