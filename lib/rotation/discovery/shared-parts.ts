import { SharedTexts } from "../shared-texts";
import type { AccountTags, KnownAccount } from "./known-account";

/** Of 100,000 accounts that were found most have the same tags, of the same instant: these are kept once. */
export class SharedParts {
  readonly #texts = new SharedTexts();
  readonly #tags = new Map<string, AccountTags>();

  /** An account that is equal to this one. */
  of({ resourceId, location, tags, sharedKey, taggedAt, good, missing }: KnownAccount): KnownAccount {
    return {
      resourceId,
      location: this.#texts.of(location),
      tags: this.#tagsOf(tags),
      sharedKey,
      taggedAt: this.#texts.of(taggedAt),
      good: this.#tagsOf(good),
      missing,
    };
  }

  #tagsOf(tags: AccountTags | null): AccountTags | null {
    if (tags === null) return null;
    const key = JSON.stringify([tags.profile, tags.consumers]);
    const known = this.#tags.get(key) ?? tags;
    this.#tags.set(key, known);
    return known;
  }
}
