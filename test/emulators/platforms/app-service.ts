/** What the platform got of a vault for one reference: the value of a version, or why it got none. */
export type FetchedReference =
  | { readonly status: "Resolved"; readonly version: string; readonly value: string }
  | { readonly status: "AccessToKeyVaultDenied" | "SecretNotFound" | "SecretVersionNotFound" | "FetchTimedOut" };

export type SettingList = "appSettings" | "connectionStrings";

export interface AppSetting {
  readonly name: string;
  readonly list: SettingList;
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
 * plain restart, a stop and start, and a new instance take what is kept: none reads the vault. A refresh is only known
 * for app settings, so here it leaves connection strings as they are.
 */
export class EmulatedAppService {
  settings: AppSetting[] = [];
  /** How often its references were read, and how often it was restarted. */
  fetches = 0;
  restarts = 0;
  #kept = new Map<string, FetchedReference>();
  #keptSince = new Date(0);
  #instances: AppInstance[] = [];
  #count: number;
  #isStopped = false;

  constructor(
    private readonly parts: AppServiceParts,
    { instances = 1 }: { readonly instances?: number } = {},
  ) {
    this.#count = instances;
    this.#fetchAll();
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
  configure(name: string, reference: string, list: SettingList = "appSettings"): void {
    const known = this.settings.find((setting) => setting.name === name);
    if (known === undefined) this.settings.push({ name, reference, list });
    else known.reference = reference;
    this.#fetchAll();
  }

  refresh(): void {
    this.#fetch(({ list }) => list === "appSettings");
  }

  restart(): void {
    this.restarts += 1;
    this.#end(this.parts.overlapMs ?? 30_000);
    if (this.#isStopped) return;
    for (let made = 0; made < this.#count; made += 1) this.#start();
  }

  /** A stopped app has no process. */
  stop(): void {
    this.#isStopped = true;
    this.#end(0);
  }

  start(): void {
    this.#isStopped = false;
    for (let made = 0; made < this.#count; made += 1) this.#start();
  }

  /**
   * The processes of each become those of the other, with the settings that are not sticky and what was kept of them.
   * Nothing is read again, and nothing restarts.
   */
  swap(other: EmulatedAppService): void {
    [this.#instances, other.#instances] = [other.#instances, this.#instances];
    [this.#kept, other.#kept] = [other.#kept, this.#kept];
    [this.#keptSince, other.#keptSince] = [other.#keptSince, this.#keptSince];
    [this.settings, other.settings] = [other.settings, this.settings];
  }

  scale(count: number): void {
    this.#settle();
    this.#count = count;
    if (this.#isStopped) return;
    const running = this.#running().filter(({ endsAt }) => endsAt === null);
    for (let missing = count - running.length; missing > 0; missing -= 1) this.#start();
    for (const instance of running.slice(count)) instance.endsAt = this.parts.now();
  }

  #end(afterMs: number): void {
    const endsAt = new Date(this.parts.now().getTime() + afterMs);
    for (const instance of this.#running()) instance.endsAt ??= endsAt;
  }

  #fetchAll(): void {
    this.#keptSince = this.parts.now();
    this.#fetch(() => true);
  }

  #fetch(which: (setting: AppSetting) => boolean): void {
    this.fetches += 1;
    const found = this.settings
      .filter(which)
      .map(({ name, reference }) => [name, this.parts.fetch(reference)] as const);
    this.#kept = new Map([...this.#kept, ...found]);
    this.restart();
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
    if (this.parts.now().getTime() - this.#keptSince.getTime() >= cacheMs) this.#fetchAll();
  }
}
