/** A token credential, such as those of `@azure/identity`. */
export interface TokenSource {
  getToken(scope: string): Promise<{ readonly token: string } | null>;
}

/** Where to report, and as whom. */
export interface ReportOptions {
  /** The rotator's address, which ends in `/api`. */
  readonly url: string;
  /** The function key of `receiveSignal`. */
  readonly key: string;
  /** The account's name in the rotator. */
  readonly account: string;
  /** The app's name in `gate.consumers`. */
  readonly consumer: string;
  /** The name of this process among the app's. Default: host and process id. Two that run at once need two names. */
  readonly instance?: string;
}

/** For the logger: what happened, in words that contain no key. */
export interface LogLine {
  readonly event: "switched" | "refused" | "unproven" | "vaultFailed" | "reportFailed" | "reported";
  readonly account: string;
  readonly version: string | null;
  readonly detail: string;
}

/** Time, randomness and the network. For tests only. */
export interface Internals {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
  readonly random: () => number;
  /** What the client takes for a second in its own waits; requests have their real time. */
  readonly secondMs: number;
  /** Calls `run` after `ms` milliseconds; what it returns cancels that. `keepsAlive`: the process waits for it. */
  readonly after: (ms: number, run: () => void, keepsAlive?: boolean) => () => void;
}

export interface KeyOptions {
  /** The name of the Batch account. */
  readonly account: string;
  /** `https://VAULT.vault.azure.net/secrets/NAME`, without a version. */
  readonly secretUrl: string;
  /** One of `@azure/identity`, or `managedIdentity()` of `@batch-key-rotator/client/managed-identity`. */
  readonly credential: TokenSource;
  /** `https://ACCOUNT.REGION.batch.azure.com`. Default: that of the first signed request. */
  readonly endpoint?: string;
  /** The key to begin with while the vault is out of reach. */
  readonly fallbackKey?: string;
  /** Without it nothing is reported. */
  readonly report?: ReportOptions;
  readonly logger?: (line: LogLine) => void;
  /** For tests only. */
  readonly internals?: Partial<Internals>;
}

/** A key and the version of the secret that it is; null where that is not known yet. */
export interface HeldKey {
  readonly version: string | null;
  readonly key: string;
}

/** A request to sign. */
export interface SignableRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** The request of `@azure/batch`. */
export interface BatchRequest {
  method: string;
  url: string;
  body?: unknown;
  headers: {
    get(name: string): string | undefined;
    set(name: string, value: string): void;
    headerNames(): string[];
  };
}

/** A key and its name, as `@azure/core-auth` has it. */
export interface NamedKey {
  readonly name: string;
  readonly key: string;
}

/** `AzureNamedKeyCredential`. */
export interface UpdatableNamedKey extends NamedKey {
  update(name: string, key: string): void;
}

export interface RotatingBatchKey {
  /** For `@azure/batch`: signs with the key of this moment. */
  signRequest<R extends BatchRequest>(request: R): Promise<R>;
  /** For `@azure/batch`, which calls it: signs, and repeats a request whose key is refused with the next key. */
  // oxlint-disable-next-line typescript/no-explicit-any -- the types of the SDK's policies are not a dependency
  create(next: any, options?: any): any;
  /** The headers of the request, with its signature. */
  sign(request: SignableRequest): Promise<Record<string, string>>;
  /** `fetch` with a signature, repeated with the next key where Batch refuses this one. */
  fetch(url: string, init?: SignableInit): Promise<Response>;
  /** The key of this moment. Do not keep it. */
  current(): Promise<HeldKey>;
  /** Calls `listener` after each switch to another key. Returns a function that ends this. */
  onChange(listener: (held: HeldKey) => void): () => void;
  /** Keeps the credential up to date; without one, an object whose key is always that of the moment. */
  asNamedKey(credential?: UpdatableNamedKey): Promise<NamedKey>;
  /**
   * Batch has refused a call with this version (default: the current one). True where there is another key now: repeat
   * the call.
   */
  refused(version?: string | null): Promise<boolean>;
  /** Ends all work of this object. The last one of its kind in a process reports that the instance has left. */
  close(): Promise<void>;
}

export interface SignableInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
}
