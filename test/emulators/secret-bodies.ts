import type { Deletion, StoredSecret, StoredVersion } from "./vault-store";

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

const attributesOf = (version: StoredVersion) => ({
  enabled: version.enabled,
  ...(version.expiresOn === null ? {} : { exp: seconds(version.expiresOn) }),
  created: seconds(version.createdOn),
  updated: seconds(version.updatedOn),
  recoveryLevel: "Recoverable+Purgeable",
  recoverableDays: 90,
});

/** Absent tags and content type are omitted, as in the service. */
const described = (version: StoredVersion) => ({
  ...(version.contentType === null ? {} : { contentType: version.contentType }),
  attributes: attributesOf(version),
  ...(Object.keys(version.tags).length === 0 ? {} : { tags: version.tags }),
});

/** A version without its value: the answer to PATCH, and an item of a list of versions. */
export const versionBody = (vaultUrl: string, secret: StoredSecret, version: StoredVersion) => ({
  id: `${vaultUrl}/secrets/${secret.name}/${version.version}`,
  ...described(version),
});

export const valueBody = (vaultUrl: string, secret: StoredSecret, version: StoredVersion) => ({
  value: version.value,
  ...versionBody(vaultUrl, secret, version),
});

export const deletedBody = (vaultUrl: string, secret: StoredSecret, newest: StoredVersion, deletion: Deletion) => ({
  recoveryId: `${vaultUrl}/deletedsecrets/${secret.name}`,
  deletedDate: seconds(deletion.deletedOn),
  scheduledPurgeDate: seconds(deletion.purgeOn),
  ...versionBody(vaultUrl, secret, newest),
});
