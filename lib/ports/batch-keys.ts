import type { BatchKey } from "../batch-key";
import type { BatchAccountRef } from "../rotation/account-config";
import type { AccountSearch } from "../rotation/gate/key-copies";
import type { Slot } from "../rotation/phases";
import type { CallOptions, Receipt } from "./call";

export interface BatchAccount {
  /** Host, with its port where it has one, of the data plane: `name.region.batch.azure.com`. */
  readonly accountEndpoint: string;
  /** False where the account's mode or settings leave shared keys out: then there is nothing to rotate. */
  readonly sharedKeyAllowed: boolean;
}

export type SlotKeys = Readonly<Record<Slot, BatchKey>>;

export interface RegenerateOptions extends CallOptions {
  /**
   * Called when only the sending is left: token and write allowance are there. Where it throws, the request has
   * certainly not been sent, and `regenerate` throws the same.
   */
  readonly lastLook: () => Promise<void>;
}

/** The answer to a regenerate: both keys as they are after it. */
export type Regenerated = Receipt & { readonly keys: SlotKeys };

/**
 * The two keys of Batch accounts. Every method throws only `TransientServiceError` (not done), `OutcomeUnknownError`
 * (regenerate only) or `OperatorNeededError`.
 */
export interface BatchKeys {
  readAccount(ref: BatchAccountRef, options: CallOptions): Promise<BatchAccount>;
  readKeys(ref: BatchAccountRef, options: CallOptions): Promise<SlotKeys>;
  /**
   * Replaces the key of one slot. Sent exactly once: repeating a lost request could replace a key that is in use by
   * then.
   */
  regenerate(ref: BatchAccountRef, slot: Slot, options: RegenerateOptions): Promise<Regenerated>;
  /** One signed, reading call to the data plane: does Batch accept this key now? */
  probe(
    ref: BatchAccountRef,
    accountEndpoint: string,
    key: BatchKey,
    options: CallOptions,
  ): Promise<"accepted" | "refused">;
  /**
   * Reads what the account holds through the data plane, each request signed with `signWith`, and searches it for
   * copies of both keys. What has ended is left out: it uses no key any more.
   */
  search(
    ref: BatchAccountRef,
    accountEndpoint: string,
    wanted: { readonly signWith: BatchKey; readonly keys: SlotKeys },
    options: CallOptions,
  ): Promise<AccountSearch>;
}
