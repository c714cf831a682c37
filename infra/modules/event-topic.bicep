// A system topic: the events that Azure publishes about a subscription or a vault. Azure allows one for each source.

param name string
param location string
param tags object

@description('Microsoft.Resources.Subscriptions or Microsoft.KeyVault.vaults.')
param topicType string

@description('Id of what the events are about.')
param source string

@description('The identity that it delivers with.')
param identityId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    source: source
    topicType: topicType
  }
}

output name string = topic.name
