import type { AccountSettings } from "../account-config";

/** Where accounts are looked for. */
type DiscoveryScope = { readonly managementGroups: readonly string[] } | { readonly subscriptions: readonly string[] };

/** How Batch accounts are found by a tag. */
export interface DiscoveryConfig {
  /** Its value names a profile. */
  readonly tag: string;
  /** Its value names consumers and their numbers of instances. */
  readonly consumersTag: string;
  readonly scope: DiscoveryScope;
  readonly everyMs: number;
}

/** A consumer that a tag names; `instances` is null where the tag gives no number. */
export interface TaggedConsumer {
  readonly name: string;
  readonly instances: number | null;
}

/** What is known of a tagged account, before its profile completes it. */
export interface TaggedAccount {
  readonly resourceId: string;
  readonly location: string;
  readonly profile: string;
  readonly consumers: readonly TaggedConsumer[];
}

export type Completed =
  | { readonly kind: "complete"; readonly account: AccountSettings }
  /** What is wrong with the tags or the profile, with remedies. */
  | { readonly kind: "incomplete"; readonly problems: readonly string[] };

/** The profiles of the configuration. */
export interface Profiles {
  complete(account: TaggedAccount): Completed;
}
