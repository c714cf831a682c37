/** What the platform got of a vault for one reference: the value of a version, or why it got none. */
export type FetchedReference =
  | { readonly status: "Resolved"; readonly version: string; readonly value: string }
  | { readonly status: "AccessToKeyVaultDenied" | "SecretNotFound" | "SecretVersionNotFound" | "FetchTimedOut" };

export interface AppSetting {
  readonly name: string;
  /** `@Microsoft.KeyVault(…)`. */
  reference: string;
}

/** One process of the app. Its environment is what the platform held when it started. */
export interface AppInstance {
  readonly name: string;
  readonly startedAt: Date;
  readonly held: ReadonlyMap<string, FetchedReference>;
  /** It runs until then beside its successor; null while nothing has ended it. */
  endsAt: Date | null;
  state: "READY" | "STOPPED" | "UNKNOWN";
}

export interface AppServiceParts {
  readonly now: () => Date;
  /** Reads what the reference names, with the identity of the app. */
  readonly fetch: (reference: string) => FetchedReference;
  readonly createName: () => string;
  /** How long a process from before a restart still runs. Default 30 seconds. */
  readonly overlapMs?: number;
}

const cacheMs = 24 * 60 * 60_000;

/**
 * One app of App Service, as public reports show it. The platform keeps what each reference came to, and reads the
 * vault again after 24 hours, on any change of the configuration and on a refresh; each of these restarts the app. A
 * plain restart and a new instance take what is kept: neither reads the vault.
 */
export class EmulatedAppService {
  readonly settings: AppSetting[] = [];
  /** How often its references were read, and how often it was restarted. */
  fetches = 0;
  restarts = 0;
  #kept = new Map<string, FetchedReference>();
  #keptSince = new Date(0);
  #instances: AppInstance[] = [];
  #count: number;

  constructor(
    private readonly parts: AppServiceParts,
    { instances = 1 }: { readonly instances?: number } = {},
  ) {
    this.#count = instances;
    this.refresh();
  }

  /** What the platform holds of a setting. */
  kept(setting: string): FetchedReference | null {
    this.#settle();
    return this.#kept.get(setting) ?? null;
  }

  /** Those that run now; old ones too while they overlap. */
  get instances(): readonly AppInstance[] {
    this.#settle();
    return this.#running();
  }

  /** Adds or changes a setting, which restarts the app. */
  configure(name: string, reference: string): void {
    const known = this.settings.find((setting) => setting.name === name);
    if (known === undefined) this.settings.push({ name, reference });
    else known.reference = reference;
    this.refresh();
  }

  refresh(): void {
    this.fetches += 1;
    this.#kept = new Map(this.settings.map(({ name, reference }) => [name, this.parts.fetch(reference)]));
    this.#keptSince = this.parts.now();
    this.restart();
  }

  restart(): void {
    this.restarts += 1;
    const endsAt = new Date(this.parts.now().getTime() + (this.parts.overlapMs ?? 30_000));
    for (const instance of this.#running()) instance.endsAt ??= endsAt;
    for (let made = 0; made < this.#count; made += 1) this.#start();
  }

  scale(count: number): void {
    this.#settle();
    const running = this.#running().filter(({ endsAt }) => endsAt === null);
    for (let missing = count - running.length; missing > 0; missing -= 1) this.#start();
    for (const instance of running.slice(count)) instance.endsAt = this.parts.now();
    this.#count = count;
  }

  #running(): readonly AppInstance[] {
    const now = this.parts.now();
    this.#instances = this.#instances.filter(({ endsAt }) => endsAt === null || endsAt > now);
    return this.#instances;
  }

  #start(): void {
    const held = new Map(this.#kept);
    const startedAt = this.parts.now();
    this.#instances.push({ name: this.parts.createName(), startedAt, held, endsAt: null, state: "READY" });
  }

  #settle(): void {
    if (this.parts.now().getTime() - this.#keptSince.getTime() >= cacheMs) this.refresh();
  }
}
