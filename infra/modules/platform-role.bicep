// The custom role for one kind of platform that consumers run on.
targetScope = 'subscription'

param roleName string
param roleDescription string
param actions string[]
param notActions string[]

@description('Ids of the subscriptions where the role can be assigned, including this one.')
param scopes string[]

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, roleName)
  properties: {
    roleName: roleName
    description: roleDescription
    type: 'CustomRole'
    assignableScopes: scopes
    permissions: [
      {
        actions: actions
        notActions: notActions
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

output id string = role.id
