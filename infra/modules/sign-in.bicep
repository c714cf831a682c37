// Sign-in for the operators' routes. Consumers post their signals without sign-in: the key of that one function is enough.

param siteName string

@description('Application (client) id of the app registration that operators sign in to.')
param clientId string
param tenantId string

@description('Object ids of the groups whose members may operate; empty: everyone who can sign in. In both cases a function key is needed too.')
param operatorGroupIds string[]

@description('Identity of the system topics that send events: the app accepts it beside the members of the groups.')
param eventIdentities string[]

@description('Names of the accounts in the rotator.')
param accountNames string[]

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: siteName
}

resource signIn 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: site
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
    }
    httpSettings: {
      requireHttps: true
    }
    globalValidation: {
      requireAuthentication: true
      // A browser is redirected to the sign-in page. A client that sends a token gets 401 or 403.
      unauthenticatedClientAction: 'RedirectToLoginPage'
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: map(accountNames, name => '/api/accounts/${name}/signals')
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: clientId
          // Not a secret: the app's identity is federated with the registration and replaces a client secret.
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [
            clientId
            'api://${clientId}'
          ]
          defaultAuthorizationPolicy: empty(operatorGroupIds)
            ? {}
            : {
                allowedPrincipals: {
                  groups: operatorGroupIds
                  identities: eventIdentities
                }
              }
        }
      }
    }
    login: {
      tokenStore: {
        enabled: false
      }
    }
  }
}
