// What the rotator may do. Each right is here because the request in its comment needs it; a test compares them with recorded runs.

@export()
@description('Rights of the role "Batch Key Rotator", on each Batch account.')
var batchActions = [
  // GET batchAccounts/{name}: whether the account allows shared keys, and the address of its data plane
  'Microsoft.Batch/batchAccounts/read'
  // POST listKeys: which of the two live keys is the published one
  'Microsoft.Batch/batchAccounts/listkeys/action'
  // POST regenerateKeys: creates the new key, retires the old one
  'Microsoft.Batch/batchAccounts/regeneratekeys/action'
]

@export()
@description('Rights of the role "Batch Key Rotator Secrets", on the vault or on each secret.')
var secretDataActions = [
  // GET secrets/{name} and secrets/{name}/{version}: which key is published, and the key that verifies a consumer's proof
  'Microsoft.KeyVault/vaults/secrets/getSecret/action'
  // PUT secrets/{name}: publishes the new key, with its tags, content type and expiry
  'Microsoft.KeyVault/vaults/secrets/setSecret/action'
  // PATCH secrets/{name}/{version}: disables the version that holds the retired key
  'Microsoft.KeyVault/vaults/secrets/update/action'
]

@export()
var batchRoleDescription = 'Reads, lists and regenerates the shared keys of Batch accounts, and nothing else.'

@export()
var secretsRoleDescription = 'Reads, publishes and disables versions of secrets; no delete, no purge, no backup, no list.'

@export()
@description('Storage Blob Data Owner: the host keeps the lease and status of its timer, and the function keys, in blobs. It also reads the deployed package.')
var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'

@export()
@description('Storage Table Data Contributor: the rotation tables (created when absent, read, inserted, updated, pruned), and the diagnostic events of the host.')
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'

@export()
@description('Storage Queue Data Contributor: with more accounts due than ROTATION_FAN_OUT, a run of the timer hands them to other instances through a queue.')
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'

@export()
@description('Log Analytics Reader: the app asks the workspace for the audit log of the vaults, to see who reads which version of a secret.')
var logReader = '73c42c96-874c-492b-b04d-ab87d138a893'

@export()
@description('Monitoring Metrics Publisher: the host sends the log with the identity of the app.')
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

@export()
@description('Storage Blob Data Contributor, on one container: a system topic writes events there that could not be delivered.')
var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
