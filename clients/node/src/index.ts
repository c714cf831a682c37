import { defaultInstance } from "./instance";
import { machine } from "./internals";
import { type KeyStore, openKeyStore, quietly, type StoreOptions } from "./key-store";
import { followKey } from "./policy";
import { reporter } from "./reporter";
import { plainSecretUrl, type SecretReader, secretReader } from "./secret-reader";
import { signatureOf, type Unsigned } from "./shared-key";
import type { BatchRequest, HeldKey, Internals, KeyOptions, RotatingBatchKey, SignableRequest } from "./types";

interface Shared<T> {
  readonly value: T;
  users: number;
}

/** What the clients of this process share, also where it has loaded this package twice (as ESM and as CommonJS). */
interface Registry {
  readonly readers: Map<string, SecretReader>;
  readonly stores: Map<string, Shared<KeyStore>>;
}

const registries: WeakMap<Partial<Internals>, Registry> = new WeakMap();
const symbol = Symbol.for("@batch-key-rotator/client 1");
const newRegistry = (): Registry => ({ readers: new Map(), stores: new Map() });

const closedAtExit = (registry: Registry): Registry => {
  process.once("beforeExit", () => {
    for (const { value } of registry.stores.values()) void value.close();
  });
  return registry;
};

const registryOf = (internals: Partial<Internals>): Registry => {
  if (internals === machine) {
    const known: Record<symbol, Registry | undefined> = globalThis;
    return (known[symbol] ??= closedAtExit(newRegistry()));
  }
  const registry = registries.get(internals) ?? newRegistry();
  registries.set(internals, registry);
  return registry;
};

const readerOf = (registry: Registry, internals: Internals, secretUrl: string, options: KeyOptions): SecretReader => {
  const known = registry.readers.get(secretUrl);
  if (known !== undefined) return known;
  const reader = secretReader(internals, options.credential, secretUrl);
  registry.readers.set(secretUrl, reader);
  return reader;
};

/**
 * A Batch key that follows the newest version of its secret, and reports to the rotator which version it uses.
 * Objects for the same account, secret and instance share their state within a process.
 */
export const rotatingBatchKey = (options: KeyOptions): RotatingBatchKey => {
  const { account, endpoint = null, fallbackKey = null, logger } = options;
  const secretUrl = plainSecretUrl(options.secretUrl);
  const report = options.report ? { ...options.report, instance: options.report.instance ?? defaultInstance() } : null;
  const internals = { ...machine, ...options.internals };
  const registry = registryOf(options.internals ?? machine);
  const id = [account, secretUrl, report?.url, report?.account, report?.consumer, report?.instance].join(" ");
  let shared = registry.stores.get(id);
  if (shared === undefined) {
    const reader = readerOf(registry, internals, secretUrl, options);
    const log: StoreOptions["log"] = (event, version, detail) =>
      quietly(() => logger?.({ event, account, version, detail }));
    const sendReport = report && reporter(internals, report, log);
    shared = { value: openKeyStore(internals, reader, { account, endpoint, fallbackKey, sendReport, log }), users: 0 };
    registry.stores.set(id, shared);
  }
  const entry = shared;
  entry.users += 1;
  return clientOf(account, entry.value, internals, async () => {
    entry.users -= 1;
    if (entry.users > 0) return;
    registry.stores.delete(id);
    await entry.value.close();
  });
};

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const bytesOf = (body: unknown): number | null =>
  typeof body === "string" ? Buffer.byteLength(body) : body instanceof Uint8Array ? body.byteLength : null;

type Signable = Omit<SignableRequest, "body"> & { readonly body?: unknown };

const statusOf = (outcome: unknown): number => {
  const { status, statusCode }: { status?: unknown; statusCode?: unknown } = Object(outcome);
  return typeof statusCode === "number" ? statusCode : typeof status === "number" ? status : 0;
};

const clientOf = (
  account: string,
  store: KeyStore,
  internals: Internals,
  end: () => Promise<void>,
): RotatingBatchKey => {
  const removals: (() => void)[] = [];
  let isOpen = true;

  const wait = (): Promise<void> =>
    new Promise((resolve) => {
      internals.after(internals.secondMs, resolve, true);
    });

  const handOut = async (forGood: boolean): Promise<HeldKey> => {
    const held = await store.held();
    store.calls.signed(held.key, forGood);
    return held;
  };

  const headersOf = ({ method, url, headers = {}, body }: Signable, { key }: HeldKey): Record<string, string> => {
    store.learn(url);
    const given = lowerCase(headers);
    const unsigned: Unsigned = { method, url, headers: given, bodyBytes: bytesOf(body) };
    return { ...given, ...signatureOf(account, key, unsigned, internals.now()) };
  };

  const signBatch = <R extends BatchRequest>(request: R, held: HeldKey): R => {
    const { method, url, headers: all, body } = request;
    const headers = Object.fromEntries(all.headerNames().map((name) => [name, all.get(name) ?? ""]));
    const signed = headersOf({ method, url, headers, body }, held);
    for (const name of ["ocp-date", "authorization"]) all.set(name, signed[name] ?? "");
    return request;
  };

  const onChange: RotatingBatchKey["onChange"] = (listener) => {
    const own = (held: HeldKey): void => listener(held);
    store.listeners.add(own);
    const remove = (): void => void store.listeners.delete(own);
    removals.push(remove);
    return remove;
  };

  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    for (const remove of removals) remove();
    await end();
  };

  return {
    signRequest: async (request) => signBatch(request, await handOut(false)),
    create: (next: { sendRequest(request: BatchRequest): Promise<unknown> }) => ({
      sendRequest: (request: BatchRequest) =>
        followKey(store, wait, (held) => next.sendRequest(signBatch(request, held)), statusOf),
    }),
    sign: async (request) => headersOf(request, await handOut(false)),
    fetch: (url, init = {}) => {
      const call = (held: HeldKey) => {
        const headers = headersOf({ ...init, url, method: init.method ?? "GET" }, held);
        return internals.fetch(url, { ...(init as RequestInit), headers });
      };
      return followKey(store, wait, call, statusOf);
    },
    current: async () => ({ ...(await handOut(true)) }),
    onChange,
    asNamedKey: async (credential) => {
      let held = await handOut(true);
      const update = (): void => credential?.update(account, held.key);
      update();
      onChange((next) => {
        held = next;
        update();
      });
      const live = {
        name: account,
        get key() {
          return held.key;
        },
      };
      return credential ?? live;
    },
    refused: async (version) => {
      const held = await store.held();
      return (version !== undefined && version !== held.version) || store.refused(held.key);
    },
    close,
  };
};

export type * from "./types";
