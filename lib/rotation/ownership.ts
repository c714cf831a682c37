import type { SecretRef } from "./account-config";
import type { RotationRecord } from "./record";
import { toInstant } from "./time/time";

/** What a secret version says about who published it. */
export interface Marks {
  /** The tag `ProviderAddress`: the resource whose key the version holds. */
  readonly providerAddress: string | null;
  readonly contentType: string | null;
  /** The tag `ContestedBy`: another resource whose rotator is to publish here too, and does not. */
  readonly contestedBy: string | null;
}

/** The content type of every version that a rotator publishes. */
export const publishedContentType = "text/plain; batch-account-key";

/** Whose version it is: of this Batch account, of another resource, or of an unknown publisher. */
export const ownerOf = (
  { providerAddress, contentType }: Pick<Marks, "providerAddress" | "contentType">,
  resourceId: string,
): "thisAccount" | "another" | "unknown" => {
  if (providerAddress !== null)
    return providerAddress.toLowerCase() === resourceId.toLowerCase() ? "thisAccount" : "another";
  return contentType === publishedContentType ? "thisAccount" : "unknown";
};

/** The resource that contests this Batch account's version; null for none, and for a version of another resource. */
export const contesterOf = (marks: Marks, resourceId: string): string | null => {
  const { contestedBy } = marks;
  if (contestedBy === null || contestedBy.toLowerCase() === resourceId.toLowerCase()) return null;
  return ownerOf(marks, resourceId) === "another" ? null : contestedBy;
};

/** The record after a read of the newest version. */
export const withContestSeen = (record: RotationRecord, marks: Marks | null, now: Date): RotationRecord => {
  const by = marks === null ? null : contesterOf(marks, record.resourceId);
  if (by === (record.contest?.by ?? null)) return record;
  return { ...record, contest: by === null ? null : { by, since: toInstant(now) } };
};

export const secretUrl = ({ vaultUrl, name }: SecretRef): string => `${vaultUrl}/secrets/${name}`;
