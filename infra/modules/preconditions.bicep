// Refuses a deployment that cannot work, before a resource is created. Resource Manager reports the name of a parameter whose value is not
// allowed, and nothing else: so each name says what must hold.

import { account, accountDefaults } from '../types.bicep'

@description('The accounts of infra/accounts.json, or of the parameter: members that the app does not know are refused.')
@minLength(1)
param accountsInInfraAccountsJson account[]
param defaultsInInfraAccountsJson accountDefaults

@allowed([true])
param settingIsShortElseUseInfraAccountsJson bool

@allowed([true])
param defaultsAreInTheFileWithTheAccounts bool

@allowed([true])
param eachVaultUrlHasItsVaultResourceId bool

@allowed([true])
param secretScopedRightsAreInAnExistingVault bool

@allowed([true])
param privateInboundHasAnEndpointSubnet bool

@allowed([true])
param existingAppSubnetHasAnEndpointSubnet bool

@allowed([true])
param zoneRedundantAppHasZoneRedundantStorage bool

output accounts int = length(accountsInInfraAccountsJson)
output hasDefaults bool = !empty(defaultsInInfraAccountsJson)
output allHold bool = settingIsShortElseUseInfraAccountsJson && defaultsAreInTheFileWithTheAccounts && eachVaultUrlHasItsVaultResourceId && secretScopedRightsAreInAnExistingVault && privateInboundHasAnEndpointSubnet && existingAppSubnetHasAnEndpointSubnet && zoneRedundantAppHasZoneRedundantStorage
