/**
 * What `load` gives, loaded when it is first asked for and then kept; a failure is not kept. The SDKs are loaded so: a
 * process that starts, or answers from the tables only, reads no code of the other services.
 */
export const loadOnce = <T>(load: () => Promise<T>): (() => Promise<T>) => {
  let loading: Promise<T> | null = null;
  return () =>
    (loading ??= load().catch((error: unknown) => {
      loading = null;
      throw error;
    }));
};
