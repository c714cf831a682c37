import { ownerOf, publishedContentType } from "../../../lib/rotation/ownership";

const account = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts/renderweu";

it.each([
  [account, null, "thisAccount"],
  [account.toLowerCase(), "text/plain", "thisAccount"],
  ["/subscriptions/s/other", publishedContentType, "another"],
  [null, publishedContentType, "thisAccount"],
  [null, "text/plain", "unknown"],
  [null, null, "unknown"],
] as const)(
  "a version with provider address %s and content type %s belongs to: %s",
  (providerAddress, contentType, owner) => {
    expect(ownerOf({ providerAddress, contentType }, account)).toBe(owner);
  },
);
