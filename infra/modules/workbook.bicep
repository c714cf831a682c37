// A workbook over the log. workbook.json holds its layout. Where the layout names a query, the text of the file with that name is inserted.

param name string
param displayName string
param location string
param tags object
param workspaceId string

var layout = any(loadJsonContent('../workbook.json'))

var queries = {
  'consumers-on-old-key': loadTextContent('../queries/consumers-on-old-key.kql')
  'key-age': loadTextContent('../queries/key-age.kql')
  'phase-times': loadTextContent('../queries/phase-times.kql')
  'rotations-by-month': loadTextContent('../queries/rotations-by-month.kql')
  'state-now': loadTextContent('../queries/state-now.kql')
}

var pages = map(layout.items, item => item.type == 3 ? union(item, { content: { query: queries[item.content.query] } }) : item)

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: displayName
    category: 'workbook'
    sourceId: workspaceId
    version: 'Notebook/1.0'
    serializedData: string(union(layout, { items: pages, fallbackResourceIds: [workspaceId] }))
  }
}
