// One private endpoint, and the DNS zone that resolves its name inside the network.

param name string
param location string
param tags object
param subnetId string
param resourceId string

@description('blob, queue, table, vault or sites.')
param groupId string

@description('Name of the private DNS zone.')
param zoneName string

@description('Id of the network to link a new zone to; empty: no zone is created.')
param networkId string

@description('Id of a resource group with the zones to use instead of creating one; empty: none. Without a network and without zones, the names are left to your own DNS.')
param zonesResourceGroupId string

var createsZone = empty(zonesResourceGroupId) && !empty(networkId)
var hasZone = createsZone || !empty(zonesResourceGroupId)
var existingZoneId = '${zonesResourceGroupId}/providers/Microsoft.Network/privateDnsZones/${zoneName}'

resource endpoint 'Microsoft.Network/privateEndpoints@2024-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: groupId
        properties: {
          privateLinkServiceId: resourceId
          groupIds: [
            groupId
          ]
        }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = if (createsZone) {
  name: zoneName
  location: 'global'
  tags: tags
}

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = if (createsZone) {
  parent: zone
  name: 'rotator'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: networkId
    }
  }
}

resource zoneGroup 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01' = if (hasZone) {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: groupId
        properties: {
          privateDnsZoneId: createsZone ? zone.id : existingZoneId
        }
      }
    ]
  }
}
