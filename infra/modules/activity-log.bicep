// Sends what is done to the resources of one subscription to the rotator's workspace, where it is told from the rotator's own doing.
// An activity log alert could not do that: its conditions have no "not", so that it would call at every rotation.
targetScope = 'subscription'

param name string
param workspaceId string

resource export 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: name
  scope: subscription()
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'Administrative'
        enabled: true
      }
    ]
  }
}
