// What the rotator may do on the platforms of consumers. A test compares each right with recorded runs, as those of rights.bicep.
// A slot needs the same rights on its own type: Microsoft.Web/sites/slots.

@export()
@description('Rights on each app of App Service that a consumer names.')
var appServiceActions = [
  // GET config/configreferences/appsettings and …/connectionstrings: what both refer to. Nothing documents which right Azure
  // asks for, and a role cannot name an action that is not listed, so the second one is a pattern
  'Microsoft.Web/sites/config/Read'
  'Microsoft.Web/sites/config/*/read'
  // GET instances: whether every instance is ready
  'Microsoft.Web/sites/instances/Read'
]

@export()
@description('What that pattern must not include: single settings, and copies of all of them.')
var appServiceNotActions = [
  'Microsoft.Web/sites/config/snapshots/read'
  'Microsoft.Web/sites/config/web/appsettings/read'
  'Microsoft.Web/sites/config/web/connectionstrings/read'
]

@export()
@description('The same, where a consumer does not have "refresh": false.')
var refreshActions = [
  // POST config/configreferences/appsettings/refresh: its action is documented nowhere, so this is a pattern
  'Microsoft.Web/sites/config/*/action'
]

@export()
@description('What the pattern must not include: these two answer with the values of settings.')
var refreshNotActions = [
  'Microsoft.Web/sites/config/list/action'
  'Microsoft.Web/sites/config/snapshots/listsecrets/action'
]

@export()
@description('The same, where a consumer has "restart": true.')
var restartActions = [
  // POST restart
  'Microsoft.Web/sites/restart/Action'
]

@export()
@description('Rights on each Container App that a consumer names.')
var containerAppActions = [
  // GET containerApps/{name}: which secrets refer to the vault
  'Microsoft.App/containerApps/read'
  // GET revisions: which are active
  'Microsoft.App/containerApps/revisions/read'
  // GET revisions/{revision}/replicas: how old each replica is
  'Microsoft.App/containerApps/revisions/replicas/read'
]

@export()
@description('Rights on each data factory that a consumer names. Their answers show parameters of pipelines.')
var dataFactoryActions = [
  // GET linkedservices/{name}: whether the key is a reference to the vault
  'Microsoft.DataFactory/factories/linkedservices/read'
  // POST queryPipelineRuns: which runs have not ended
  'Microsoft.DataFactory/factories/querypipelineruns/action'
  // POST pipelineruns/{run}/queryActivityruns: when their activities began
  'Microsoft.DataFactory/factories/pipelineruns/queryactivityruns/action'
]
