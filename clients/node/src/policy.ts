import type { KeyStore } from "./key-store";
import { isRefusal } from "./shared-key";
import type { HeldKey } from "./types";

/** The most that a call is sent in all, where Batch refuses its key. */
const maxSends = 5;

/**
 * Sends a call with the key of the moment, and again with the next one where Batch refuses it. `statusOf` gets what
 * `call` has returned or thrown.
 */
export const followKey = async <T>(
  store: KeyStore,
  wait: () => Promise<void>,
  call: (held: HeldKey) => Promise<T>,
  statusOf: (outcome: unknown) => number,
): Promise<T> => {
  for (let sends = 1; ; sends++) {
    const held = await store.held();
    const end = store.calls.begin(held.key);
    const outcome = await call(held).then(
      (value) => ({ value, thrown: null }),
      (thrown: unknown) => ({ value: null, thrown: { thrown } }),
    );
    const status = statusOf(outcome.thrown === null ? outcome.value : outcome.thrown.thrown);
    end();
    store.ended(held.key, status > 0 && !isRefusal(status));
    if (!isRefusal(status) || sends === maxSends || !(await another(store, held, wait, sends))) {
      if (outcome.thrown !== null) throw outcome.thrown.thrown;
      return outcome.value;
    }
  }
};

/** Whether the call is worth another try. Where the vault has nothing new yet, it may have in a second. */
const another = async (
  store: KeyStore,
  { key }: HeldKey,
  wait: () => Promise<void>,
  sends: number,
): Promise<boolean> => {
  if (await store.refused(key)) return true;
  if (sends > 2) return false;
  await wait();
  return store.refused(key);
};
