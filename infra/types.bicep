// The members of one entry of ROTATION_ACCOUNTS, as rotation.schema.json describes them.

@export()
@description('One Batch account to rotate. Every member except resourceId has a default.')
type account = {
  @description('Id of the Batch account, in any resource group and subscription of this tenant.')
  resourceId: string

  @description('Name of the account in the rotator; default: the name of the Batch account.')
  name: string?

  @description('Secret that holds the published key; default: in the vault of this deployment, with the name <Batch account>-batch-key.')
  secret: secret?

  rotateEvery: string?
  expireAfter: string?
  window: object?
  settleOn: ('alternate' | 'primary')?
  probe: ('dataPlane' | 'none')?
  reconcileEvery: string?
  paused: bool?
  gate: object?
  stalledAfter: object?
  remindEvery: string?
}

@export()
type secret = {
  @description('Name of the secret.')
  name: string?

  @description('Id of an existing vault for this account alone, in any resource group and subscription of this tenant. The vault must use Azure role-based access control.')
  vaultResourceId: string?
}
