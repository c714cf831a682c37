// The alert rules and the action group that they call. Every query is a file of infra/queries. The queries read the app's own log.

param namePrefix string
param actionGroupName string
param location string
param tags object
param workspaceId string

@description('Addresses that get an e-mail.')
param emails string[]

@description('Id of an action group to use instead of creating one; empty: create it.')
param existingActionGroupResourceId string

@description('Time without a tick after which the rotator counts as dead.')
param deadAfter string

@description('True: also report keys that another caller has regenerated.')
param watchesActivityLog bool
param rotatorPrincipalId string
param rotatorClientId string
param accountResourceIds string[]

@description('Address of the folder docs; each alert names the section of operate.md there that says what to do. Empty: the path in the repository.')
param documentationUrl string

// Owner: notified when no e-mail address is configured. An alarm without a recipient is worse than one with too many.
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

// Severity 1: no key is rotated any more, or a leaked key may stay alive. 2: an account needs an operator. 3: an operator should check.
// The state of an idle account is logged once an hour, so the rules that read it look back two hours.
// One dimension each, so that an account gives one alert, whatever its reason is in the meantime.
var rules = [
  {
    name: 'stalled'
    title: 'A rotation is stalled'
    description: 'An account has been in its phase for too long. Reason and detail say what it waits for.'
    query: loadTextContent('../queries/stalled.kql')
    severity: 2
    window: 'PT2H'
    dimensions: ['Account']
  }
  {
    name: 'blocked'
    title: 'A rotation is blocked'
    description: 'An account cannot continue without an operator. The detail gives the remedy.'
    query: loadTextContent('../queries/blocked.kql')
    severity: 2
    window: 'PT2H'
    dimensions: ['Account']
  }
  {
    name: 'overdue'
    title: 'A rotation is overdue'
    description: 'A rotation is due, its window has passed, and it has not started.'
    query: loadTextContent('../queries/overdue.kql')
    severity: 2
    window: 'PT2H'
    dimensions: ['Account']
  }
  {
    name: 'unchecked'
    title: 'An account could not be compared'
    description: 'The published key has not been compared with the live keys for twice reconcileEvery. The reason and the detail say what keeps the rotator from it.'
    query: loadTextContent('../queries/unchecked.kql')
    severity: 2
    window: 'PT2H'
    dimensions: ['Account']
  }
  {
    name: 'history-behind'
    title: 'A history stays behind'
    description: 'Events of an account have waited for an hour to be written to its history. The line HistoryDelayed of the log says what is in the way.'
    query: loadTextContent('../queries/history-behind.kql')
    severity: 3
    window: 'PT2H'
    dimensions: ['Account']
  }
  {
    name: 'unhealthy'
    title: 'A consumer is unhealthy'
    description: 'A consumer of a Batch key reports that it is unhealthy while the key changes. Roll back, or fix the consumer.'
    query: loadTextContent('../queries/unhealthy.kql')
    severity: 2
    window: 'P1D'
    dimensions: ['Account']
  }
  {
    name: 'drift'
    title: 'A published key was no live key'
    description: 'A published key was regenerated outside the rotator, or another value was published. The rotator has published a live key in its place.'
    query: loadTextContent('../queries/drift.kql')
    severity: 2
    window: 'PT2H'
    dimensions: ['Account']
  }
  {
    name: 'rolled-back'
    title: 'A rotation was rolled back'
    description: 'The previous key is published again. The account is paused until an operator resumes it.'
    query: loadTextContent('../queries/rolled-back.kql')
    severity: 3
    window: 'PT2H'
    dimensions: ['Account']
  }
  {
    name: 'alert-dropped'
    title: 'The webhook refuses alarms'
    description: 'The webhook did not accept an event for a day, or refused it for good. The event is given up there; the log and these alerts still have it.'
    query: loadTextContent('../queries/alert-dropped.kql')
    severity: 3
    window: 'PT2H'
    dimensions: ['Account']
  }
  {
    name: 'leaked-key'
    title: 'The rotation of a leaked key ended early'
    description: 'A rotation with retireAfter ended before the old key was proven dead. The detail says whether it starts again, or which key to regenerate.'
    query: loadTextContent('../queries/leaked-key.kql')
    severity: 1
    window: 'P1D'
    dimensions: ['Account']
  }
  {
    name: 'orphaned'
    title: 'A record belongs to no configured account'
    description: 'The tables hold a record that no configured account owns, so its keys are no longer rotated. The detail gives the remedy.'
    query: loadTextContent('../queries/orphaned.kql')
    severity: 2
    window: 'P1D'
    dimensions: ['Account']
  }
  {
    name: 'contested'
    title: 'Two rotators publish to one secret'
    description: 'The secret of an account is configured for another Batch account too, whose rotator is blocked. The detail names it and gives the remedy.'
    query: loadTextContent('../queries/contested.kql')
    severity: 2
    window: 'P1D'
    dimensions: ['Account']
  }
  {
    name: 'key-in-account'
    title: 'A Batch account holds a copy of its own key'
    description: 'A pool, job, job schedule or task holds a copy of the key that dies next, so that key is not retired. The detail names the place and gives the remedy.'
    query: loadTextContent('../queries/key-in-account.kql')
    severity: 2
    window: 'P1D'
    dimensions: ['Account']
  }
  {
    name: 'conflict'
    title: 'Two configurations work on one account'
    description: 'Processes with different configurations have worked on the record of one account for longer than a deployment takes. The detail gives the remedy.'
    query: loadTextContent('../queries/conflict.kql')
    severity: 2
    window: 'P1D'
    dimensions: ['Account']
  }
  {
    name: 'discovery'
    title: 'Accounts cannot be found or rotated'
    description: 'A Batch account with the tag of discovery cannot be rotated, or Resource Graph does not answer. The detail gives the remedy.'
    query: loadTextContent('../queries/discovery.kql')
    severity: 2
    window: 'P1D'
    dimensions: ['Account']
  }
  {
    name: 'unknown-reader'
    title: 'An unknown reader reads a secret'
    description: 'An identity that is no configured consumer has read the secret of an account. The detail names it, and what it has read last.'
    query: loadTextContent('../queries/unknown-reader.kql')
    severity: 3
    window: 'P1D'
    dimensions: ['Account']
  }
  {
    name: 'work-lost'
    title: 'Accounts that went to the queue were not processed'
    description: 'A run of the timer handed accounts to other instances through the queue, and none took them, or the function failed five times. The detail gives the remedy.'
    query: loadTextContent('../queries/work-lost.kql')
    severity: 2
    window: 'PT2H'
    dimensions: []
  }
  {
    name: 'fleet-stopped'
    title: 'The fleet is stopped'
    description: 'Too many scheduled rotations have failed, or the fleet cannot be read or has a wrong canary: no further scheduled rotation starts. The detail gives the remedy.'
    query: loadTextContent('../queries/fleet-stopped.kql')
    severity: 1
    window: 'P1D'
    dimensions: []
  }
  {
    name: 'configuration-invalid'
    title: 'The settings are wrong'
    description: 'No key is rotated until the settings are correct, unless the reason is SettingUnresolved. The detail names each setting and its remedy.'
    query: loadTextContent('../queries/configuration-invalid.kql')
    severity: 1
    window: 'PT30M'
    dimensions: []
  }
]

// A query can hold 64 KB, and a resource id up to 230 characters.
var idsInOneQuery = 200
var queriesOfIds = (length(accountResourceIds) + idsInOneQuery - 1) / idsInOneQuery

var activityLogRules = watchesActivityLog
  ? map(range(0, queriesOfIds), i => {
      name: i == 0 ? 'manual-regeneration' : 'manual-regeneration-${i + 1}'
      title: 'A key was regenerated outside the rotator'
      description: 'Another caller than the rotator regenerated a key of a rotated Batch account. The result names the caller.'
      // The log names the caller by object id or by client id, depending on the service that writes it.
      query: replace(
        replace(
          replace(loadTextContent('../queries/manual-regeneration.kql'), '__ROTATOR_PRINCIPAL_ID__', rotatorPrincipalId),
          '__ROTATOR_CLIENT_ID__',
          rotatorClientId
        ),
        '__ACCOUNT_RESOURCE_IDS__',
        join(take(skip(accountResourceIds, i * idsInOneQuery), idsInOneQuery), '","')
      )
      severity: 2
      // The activity log can arrive an hour late.
      window: 'PT2H'
      dimensions: ['Account']
    })
  : []

// The e-mail of an alert shows this address.
var remedies = '${empty(documentationUrl) ? 'docs' : documentationUrl}/operate.md'

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
      // The tables do not exist before the first line is logged.
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
        customProperties: {
          remedy: '${remedies}#${toLower(replace(rule.title, ' ', '-'))}'
        }
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
    description: 'A function, or the processing of one account, failed three times within half an hour.'
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
      customProperties: {
        remedy: '${remedies}#executions-fail'
      }
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
    description: 'No tick has been logged: the timer does not run, or the log does not arrive. Restart the function app, then check its log. Where its timers do not run even then, start each tick through the admin route, as the remedy shows.'
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
      customProperties: {
        remedy: '${remedies}#the-rotator-is-dead'
      }
    }
  }
}
