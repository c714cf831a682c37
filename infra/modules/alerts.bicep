// Who is told of what. Every query is a file of infra/queries, and what it reads is in the app's own log.

param namePrefix string
param actionGroupName string
param location string
param tags object
param workspaceId string

@description('Who gets an e-mail.')
param emails string[]

@description('Id of an action group to use instead of creating one; empty: create it.')
param existingActionGroupResourceId string

@description('Without a tick for so long, the rotator counts as dead.')
param deadAfter string

@description('True: also tell of keys that somebody else has regenerated.')
param watchesActivityLog bool
param rotatorPrincipalId string
param rotatorClientId string
param accountResourceIds string[]

// Owner: whom to tell where nobody is named. An alarm that reaches nobody would be worse than one that reaches too many.
var owner = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = if (empty(existingActionGroupResourceId)) {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'batch-keys'
    emailReceivers: [
      for (email, i) in emails: {
        name: 'email-${i}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
    armRoleReceivers: empty(emails)
      ? [
          {
            name: 'owners'
            roleId: owner
            useCommonAlertSchema: true
          }
        ]
      : []
  }
}

var actionGroupId = empty(existingActionGroupResourceId) ? actionGroup.id : existingActionGroupResourceId

// Severity 1: nothing rotates any more. 2: an account needs somebody. 3: somebody should have a look.
// The state of an account that is idle is logged once an hour, so what is read from it looks back for two.
var rules = [
  {
    name: 'stalled'
    title: 'A rotation is stalled'
    description: 'An account has been too long in its phase. Reason and detail say what it waits for.'
    query: loadTextContent('../queries/stalled.kql')
    severity: 2
    window: 'PT2H'
    dimensions: ['Account', 'Reason']
  }
  {
    name: 'blocked'
    title: 'A rotation is blocked'
    description: 'An account cannot go on without an operator. The detail is the remedy.'
    query: loadTextContent('../queries/blocked.kql')
    severity: 2
    window: 'PT2H'
    dimensions: ['Account', 'Reason']
  }
  {
    name: 'overdue'
    title: 'A rotation is overdue'
    description: 'A rotation is due and past its window, and has not started.'
    query: loadTextContent('../queries/overdue.kql')
    severity: 2
    window: 'PT2H'
    dimensions: ['Account', 'Reason']
  }
  {
    name: 'unhealthy'
    title: 'A consumer is unhealthy'
    description: 'A consumer of a Batch key says that it is unwell while the key changes. Roll back, or mend the consumer.'
    query: loadTextContent('../queries/unhealthy.kql')
    severity: 2
    window: 'P1D'
    dimensions: ['Account']
  }
  {
    name: 'drift'
    title: 'A published key was no live key'
    description: 'Somebody regenerated a published key, or published something else. A live key has been published in its place.'
    query: loadTextContent('../queries/drift.kql')
    severity: 2
    window: 'PT30M'
    dimensions: ['Account']
  }
  {
    name: 'rolled-back'
    title: 'A rotation was rolled back'
    description: 'The previous key is published again, and the account is paused until somebody resumes it.'
    query: loadTextContent('../queries/rolled-back.kql')
    severity: 3
    window: 'PT30M'
    dimensions: ['Account']
  }
  {
    name: 'configuration-invalid'
    title: 'The settings are wrong'
    description: 'Nothing is rotated until they are right. The detail names each setting and its remedy.'
    query: loadTextContent('../queries/configuration-invalid.kql')
    severity: 1
    window: 'PT30M'
    dimensions: []
  }
]

var activityLogRules = watchesActivityLog
  ? [
      {
        name: 'manual-regeneration'
        title: 'Somebody else regenerated a key'
        description: 'A key of a rotated Batch account was regenerated outside the rotator. The caller is in the result.'
        // The log names the caller by object id or by client id, depending on the service that writes it.
        query: replace(
          replace(
            replace(loadTextContent('../queries/manual-regeneration.kql'), '__ROTATOR_PRINCIPAL_ID__', rotatorPrincipalId),
            '__ROTATOR_CLIENT_ID__',
            rotatorClientId
          ),
          '__ACCOUNT_RESOURCE_IDS__',
          join(accountResourceIds, '","')
        )
        severity: 2
        // The activity log can be an hour late.
        window: 'PT2H'
        dimensions: ['Account']
      }
    ]
  : []

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in concat(rules, activityLogRules): {
    name: '${namePrefix}${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Batch keys: ${rule.title}'
      description: rule.description
      enabled: true
      severity: rule.severity
      scopes: [
        workspaceId
      ]
      evaluationFrequency: 'PT15M'
      windowSize: rule.window
      autoMitigate: true
      // The tables come into being with the first line.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: map(rule.dimensions, dimension => { name: dimension, operator: 'Include', values: ['*'] })
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: [
          actionGroupId
        ]
      }
    }
  }
]

resource failed 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${namePrefix}failed'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Batch keys: executions fail'
    description: 'A function, or the turn of one account, has failed three times within half an hour.'
    enabled: true
    severity: 3
    scopes: [
      workspaceId
    ]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: loadTextContent('../queries/failed.kql')
          timeAggregation: 'Total'
          metricMeasureColumn: 'Failures'
          operator: 'GreaterThanOrEqual'
          threshold: 3
          dimensions: [
            {
              name: 'What'
              operator: 'Include'
              values: ['*']
            }
          ]
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [
        actionGroupId
      ]
    }
  }
}

resource rotatorDead 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${namePrefix}rotator-dead'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Batch keys: the rotator is dead'
    description: 'No tick has been logged: the timer does not run, or the log does not arrive. Restart the function app, then look at its log.'
    enabled: true
    severity: 1
    scopes: [
      workspaceId
    ]
    evaluationFrequency: 'PT15M'
    windowSize: deadAfter
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: loadTextContent('../queries/rotator-dead.kql')
          timeAggregation: 'Total'
          metricMeasureColumn: 'Ticks'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [
        actionGroupId
      ]
    }
  }
}
