/** What a secret version says about who published it. */
export interface Marks {
  /** The tag `ProviderAddress`: the resource whose key the version holds. */
  readonly providerAddress: string | null;
  readonly contentType: string | null;
}

/** The content type of every version that a rotator publishes. */
export const publishedContentType = "text/plain; batch-account-key";

/** Whose version it is: of this Batch account, of another resource, or of an unknown publisher. */
export const ownerOf = (
  { providerAddress, contentType }: Marks,
  resourceId: string,
): "thisAccount" | "another" | "unknown" => {
  if (providerAddress !== null)
    return providerAddress.toLowerCase() === resourceId.toLowerCase() ? "thisAccount" : "another";
  return contentType === publishedContentType ? "thisAccount" : "unknown";
};
