import { anAccount } from "./account";

const objectId = "http://schemas.microsoft.com/identity/claims/objectidentifier";

/** The person of these events. */
export const grace = "6a1c9d3e-0000-4000-8000-00000000ace0";

export interface KeyOperationOptions {
  readonly resourceId?: string;
  readonly operation?: string;
  readonly at?: string;
  readonly id?: string;
  readonly oid?: string | null;
  readonly name?: string;
  readonly role?: string;
  readonly address?: string;
}

/** `Microsoft.Resources.ResourceActionSuccess` of the subscription's topic, in Event Grid's schema. */
export const aKeyOperation = ({
  resourceId = anAccount().batch.resourceId,
  operation = "regenerateKeys",
  at = "2026-11-22T10:00:00.0000000Z",
  id = "4f2c8a1d-event",
  oid = grace,
  name = "grace@contoso.example",
  role = "Contributor",
  address = "203.0.113.7",
}: KeyOperationOptions = {}) => ({
  id,
  topic: "/subscriptions/00000000-0000-4000-8000-000000000001",
  subject: resourceId,
  eventType: "Microsoft.Resources.ResourceActionSuccess",
  eventTime: at,
  dataVersion: "2",
  metadataVersion: "1",
  data: {
    authorization: {
      scope: resourceId,
      action: `Microsoft.Batch/batchAccounts/${operation}/action`,
      evidence: { role, roleAssignmentScope: resourceId, principalId: oid ?? "", principalType: "User" },
    },
    claims: {
      ...(oid === null ? {} : { [objectId]: oid }),
      "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": name,
      ipaddr: address,
    },
    correlationId: "0a1b",
    httpRequest: { clientRequestId: "0a1b", clientIpAddress: address, method: "POST" },
    resourceProvider: "Microsoft.Batch",
    resourceUri: resourceId,
    operationName: `Microsoft.Batch/batchAccounts/${operation}/action`,
    status: "Succeeded",
  },
});

export interface SecretEventOptions {
  readonly type?: "SecretNewVersionCreated" | "SecretNearExpiry" | "SecretExpired";
  readonly vaultUrl?: string;
  readonly name?: string;
  readonly version: string;
  readonly at?: string;
}

/** An event of the vault's topic, in Event Grid's schema. */
export const aSecretEvent = ({
  type = "SecretNewVersionCreated",
  vaultUrl = anAccount().secret.vaultUrl,
  name = anAccount().secret.name,
  version,
  at = "2026-11-22T10:00:00.0000000Z",
}: SecretEventOptions) => ({
  id: `${version}-${type}`,
  topic: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/render-keys",
  subject: name,
  eventType: `Microsoft.KeyVault.${type}`,
  eventTime: at,
  dataVersion: "1",
  metadataVersion: "1",
  data: {
    Id: `${vaultUrl}/secrets/${name}/${version}`,
    VaultName: new URL(vaultUrl).hostname.split(".")[0],
    ObjectType: "Secret",
    ObjectName: name,
    Version: version,
    NBF: null,
    EXP: null,
  },
});

type GridEvent = ReturnType<typeof aKeyOperation> | ReturnType<typeof aSecretEvent>;

/** The same event as CloudEvents 1.0. */
export const asCloudEvent = ({ id, topic, subject, eventType, eventTime, data }: GridEvent) => ({
  specversion: "1.0",
  id,
  source: topic,
  subject,
  type: eventType,
  time: eventTime,
  data,
});
