// Sends the administrative activity log of one subscription to the rotator's workspace. A query there leaves out the rotator's own actions.
// An activity log alert cannot do that: its conditions have no "not", so it would fire at every rotation.
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
