// Delivers the events of one system topic to the app. Event Grid calls the app when this is created: so the app must be deployed.

param topicName string
param name string

@description('Address of the function, with its key.')
@secure()
param endpointUrl string

param eventTypes string[]

@description('Operations of Resource Manager; empty: no filter on them.')
param operations string[]

@description('Id of the storage account for events that could not be delivered; empty: they are dropped.')
param deadLetterStorageId string
param deadLetterContainerName string

@description('Application (client) id that operators sign in to: the topic then signs in too, with its own identity; empty: the key alone.')
param signInClientId string

@description('The identity of the topic.')
param identityId string

var webhook = {
  endpointType: 'WebHook'
  properties: {
    endpointUrl: endpointUrl
    maxEventsPerBatch: 10
    preferredBatchSizeInKilobytes: 64
    minimumTlsVersionAllowed: '1.2'
  }
}
var signedWebhook = {
  endpointType: 'WebHook'
  properties: {
    ...webhook.properties
    azureActiveDirectoryTenantId: tenant().tenantId
    azureActiveDirectoryApplicationIdOrUri: signInClientId
  }
}
var ownIdentity = {
  type: 'UserAssigned'
  userAssignedIdentity: identityId
}
var delivery = empty(signInClientId)
  ? {
      destination: webhook
    }
  : {
      deliveryWithResourceIdentity: {
        identity: ownIdentity
        destination: signedWebhook
      }
    }
var deadLetters = empty(deadLetterStorageId)
  ? {}
  : {
      deadLetterWithResourceIdentity: {
        identity: ownIdentity
        deadLetterDestination: {
          endpointType: 'StorageBlob'
          properties: {
            resourceId: deadLetterStorageId
            blobContainerName: deadLetterContainerName
          }
        }
      }
    }

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource delivered 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: name
  properties: {
    ...delivery
    ...deadLetters
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: eventTypes
      advancedFilters: empty(operations)
        ? []
        : [
            {
              operatorType: 'StringIn'
              key: 'data.operationName'
              values: operations
            }
          ]
    }
    retryPolicy: {
      // Later the timer has compared every account by itself.
      eventTimeToLiveInMinutes: 360
      maxDeliveryAttempts: 30
    }
  }
}
