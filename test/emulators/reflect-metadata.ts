/**
 * As much of the metadata reflection API as @peculiar/x509 needs to load: it wires its parts with decorators, and insists on a
 * polyfill. Import it first. It stays out of the way where a whole polyfill is loaded already.
 */
type Store = Map<unknown, unknown>;

const stores = new WeakMap<object, Store>();

const ownStore = (target: object): Store => {
  const store = stores.get(target) ?? new Map<unknown, unknown>();
  stores.set(target, store);
  return store;
};

const getMetadata = (key: unknown, target: object): unknown => {
  const store = stores.get(target);
  if (store?.has(key)) return store.get(key);
  const parent: unknown = Object.getPrototypeOf(target);
  const inherits = (typeof parent === "object" || typeof parent === "function") && parent !== null;
  return inherits ? getMetadata(key, parent) : undefined;
};

const polyfill = {
  defineMetadata: (key: unknown, value: unknown, target: object): void => void ownStore(target).set(key, value),
  getMetadata,
  getOwnMetadata: (key: unknown, target: object): unknown => stores.get(target)?.get(key),
  hasMetadata: (key: unknown, target: object): boolean => getMetadata(key, target) !== undefined,
  hasOwnMetadata: (key: unknown, target: object): boolean => stores.get(target)?.has(key) ?? false,
  metadata: (key: unknown, value: unknown) => (target: object) => void ownStore(target).set(key, value),
};

if (!("getMetadata" in Reflect)) Object.assign(Reflect, polyfill);
