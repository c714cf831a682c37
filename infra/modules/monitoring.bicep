// The workspace and the component that receive the log. Neither accepts an instrumentation key.

import { logReader, metricsPublisher } from '../rights.bicep'

param workspaceName string
param applicationInsightsName string
param location string
param tags object
param retentionInDays int
param principalId string

@description('False: the roles are assigned by another person.')
param assignsRoles bool

@description('True: the app asks the workspace who has read the vaults.')
param readsAuditLog bool

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionInDays
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: applicationInsightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource publishing 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignsRoles) {
  name: guid(applicationInsights.id, principalId, metricsPublisher)
  scope: applicationInsights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
  }
}

resource reading 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignsRoles && readsAuditLog) {
  name: guid(workspace.id, principalId, logReader)
  scope: workspace
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', logReader)
    description: 'batch-key-rotator: sees who reads which version of a secret'
  }
}

output applicationInsightsId string = applicationInsights.id
output workspaceId string = workspace.id
output workspaceGuid string = workspace.properties.customerId
output connectionString string = applicationInsights.properties.ConnectionString
