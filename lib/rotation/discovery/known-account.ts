import type { Instant } from "../time/time";

/** The values of the two tags of one Batch account. */
export interface AccountTags {
  readonly profile: string;
  /** Null where it has no tag for consumers. */
  readonly consumers: string | null;
}

/** One Batch account as Resource Graph shows it. */
export interface GraphAccount {
  readonly resourceId: string;
  readonly location: string;
  /** Null where the account does not have the tag that discovery looks for. */
  readonly tags: AccountTags | null;
  /** Whether calls signed with its keys are accepted. True where the graph does not say. */
  readonly sharedKey: boolean;
}

/** Why an account that had a tag is no longer found with one. */
export interface Missing {
  readonly kind: "TagRemoved" | "AccountGone";
  readonly since: Instant;
}

/** What is stored of one Batch account in the scope of discovery. Nothing found once is forgotten by an outage. */
export interface KnownAccount extends GraphAccount {
  /** When these tags were first seen. Rises with every change, so that two processes can compare what they know. */
  readonly taggedAt: Instant;
  /** The last tags that a profile could complete; null where there were none. */
  readonly good: AccountTags | null;
  /** Null while the account is found with its tag, and for one that never had one. */
  readonly missing: Missing | null;
}

/** Azure compares resource ids without case. */
export const resourceKey = (resourceId: string): string => resourceId.toLowerCase();
