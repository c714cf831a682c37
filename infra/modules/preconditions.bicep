// Refuses a deployment that cannot work, before a resource is created. Resource Manager reports the name of a parameter whose value is not
// allowed, and nothing else: so each name says what must hold.

import { account, accountDefaults, discovery, profiles } from '../types.bicep'

@description('The accounts of infra/accounts.json, or of the parameters: members that the app does not know are refused.')
param accountsInInfraAccountsJson account[]
param profilesInInfraAccountsJson profiles
param discoveryInInfraAccountsJson discovery?

@description('The member fleet is of no sealed type: its member spread is a number like 0.2, which Bicep has no type for. So its names are compared.')
@allowed([true])
param fleetHasKnownMembers bool

@allowed([true])
param fleetIsInTheFileWithTheAccounts bool

@allowed([true])
param profilesAreInTheFileWithTheAccounts bool

@allowed([true])
param accountsOrDiscoveryInInfraAccountsJson bool

@allowed([true])
param discoveryNamesItsScope bool

@allowed([true])
param discoveryHasRightsOnWholeVaults bool

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
output hasProfiles bool = !empty(profilesInInfraAccountsJson)
output finds bool = discoveryInInfraAccountsJson != null
output allHold bool = accountsOrDiscoveryInInfraAccountsJson && discoveryNamesItsScope && discoveryHasRightsOnWholeVaults && settingIsShortElseUseInfraAccountsJson && defaultsAreInTheFileWithTheAccounts && fleetIsInTheFileWithTheAccounts && fleetHasKnownMembers && profilesAreInTheFileWithTheAccounts && eachVaultUrlHasItsVaultResourceId && secretScopedRightsAreInAnExistingVault && privateInboundHasAnEndpointSubnet && existingAppSubnetHasAnEndpointSubnet && zoneRedundantAppHasZoneRedundantStorage
