import { TransientServiceError } from "../errors";
import type { BatchKeys, RegenerateOptions, Regenerated } from "../ports/batch-keys";
import type { CallOptions } from "../ports/call";
import type { BatchAccountRef } from "../rotation/account-config";
import type { Slot } from "../rotation/phases";

/** Whether this is still what is known of an account; see `DiscoveredAccounts`. */
type IsCurrent = (ref: BatchAccountRef, options: CallOptions) => Promise<boolean>;

/**
 * Regenerates no key with tags that another process knows to have changed: they may name a consumer that uses the key
 * which is about to die. The question comes last, when only the sending is left.
 */
export const withCurrentTags = (batch: BatchKeys, isCurrent: IsCurrent): BatchKeys => ({
  readAccount: (ref, options) => batch.readAccount(ref, options),
  readKeys: (ref, options) => batch.readKeys(ref, options),
  search: (ref, accountEndpoint, wanted, options) => batch.search(ref, accountEndpoint, wanted, options),
  probe: (ref, accountEndpoint, key, options) => batch.probe(ref, accountEndpoint, key, options),
  regenerate: (ref: BatchAccountRef, slot: Slot, options: RegenerateOptions): Promise<Regenerated> => {
    const lastLook = async (): Promise<void> => {
      await options.lastLook();
      if (!(await isCurrent(ref, options))) throw tagsChanged();
    };
    return batch.regenerate(ref, slot, { ...options, lastLook });
  },
});

const tagsChanged = (): TransientServiceError =>
  new TransientServiceError({ operation: "Batch regenerateKeys", code: "TagsChanged" }, null, {
    cause: "the tags of the account have changed since this process read them",
    remedy: "check that the tags name every consumer",
  });
