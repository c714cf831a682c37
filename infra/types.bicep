// The members of infra/accounts.json and of ROTATION_ACCOUNTS, as rotation.schema.json describes them. Other members are refused.

@export()
@sealed()
@description('One Batch account to rotate. Every member except resourceId has a default.')
type account = {
  @description('Id of the Batch account, in any resource group and subscription of this tenant.')
  resourceId: string

  @description('Name of the account in the rotator; default: the name of the Batch account.')
  name: string?

  @description('A profile of the file, for values that the account does not give.')
  profile: string?

  @description('Secret that holds the published key; default: in the vault of this deployment, with the name <Batch account>-batch-key.')
  secret: secret?

  rotateEvery: string?
  expireAfter: string?
  window: window?
  settleOn: ('alternate' | 'primary')?
  probe: ('dataPlane' | 'none')?
  reconcileEvery: string?
  paused: bool?
  gate: gate?
  stalledAfter: stalledAfter?
  remindEvery: string?
}

@export()
@sealed()
@description('Values for every account that does not give its own.')
type accountDefaults = {
  rotateEvery: string?
  expireAfter: string?
  window: window?
  settleOn: ('alternate' | 'primary')?
  probe: ('dataPlane' | 'none')?
  reconcileEvery: string?
  paused: bool?
  gate: gate?
  stalledAfter: stalledAfter?
  remindEvery: string?
}

@export()
@sealed()
type secret = {
  @description('Address of the vault; default: that of vaultResourceId, else the vault of this deployment.')
  vaultUrl: string?

  @description('Id of an existing vault for this account, in any resource group and subscription of this tenant. The vault must use Azure role-based access control. Required with a vaultUrl of another vault than that of this deployment.')
  vaultResourceId: string?

  @description('Name of the secret; default: <Batch account>-batch-key.')
  name: string?
}

@export()
@sealed()
type window = {
  days: string[]
  from: string
  to: string
  timeZone: string
}

@export()
@sealed()
type gate = {
  mode: ('signals' | 'approval' | 'delay')?
  consumers: consumer[]?
  soak: string?
  signalFreshness: string?
  forgetInstanceAfter: string?
  delay: string?
  rollbackWhenUnhealthyFor: string?
  leastEvidence: ('proof' | 'report' | 'platform' | 'log')?
  searchAccount: bool?
  unknownReaders: ('report' | 'hold')?
}

@export()
@sealed()
type consumer = {
  name: string
  instances: int?
  proof: ('optional' | 'required')?
  healthUrl: string?
  identity: string?
  platform: platform?
}

@export()
@sealed()
@description('Where a consumer runs. refresh and restart: of an appService only; linkedService: of a dataFactory only.')
type platform = {
  kind: ('appService' | 'containerApp' | 'dataFactory')
  resourceId: string
  refresh: bool?
  restart: bool?
  linkedService: string?
}

@export()
@sealed()
type stalledAfter = {
  adopting: string?
  started: string?
  regenerated: string?
  published: string?
  retired: string?
  settling: string?
}

@export()
@sealed()
@description('Values for accounts that name the profile, and for those whose tag names it.')
type profile = {
  secret: secret?
  rotateEvery: string?
  expireAfter: string?
  window: window?
  settleOn: ('alternate' | 'primary')?
  probe: ('dataPlane' | 'none')?
  reconcileEvery: string?
  paused: bool?
  gate: gate?
  stalledAfter: stalledAfter?
  remindEvery: string?
}

@export()
type profiles = {
  *: profile
}

@export()
@sealed()
@description('How accounts are found by a tag.')
type discovery = {
  tag: string?
  consumersTag: string?
  scope: discoveryScope
  every: string?
}

@export()
@sealed()
type discoveryScope = {
  managementGroups: string[]?
  subscriptions: string[]?
}
