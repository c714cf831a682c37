import type { Cloud } from "./config/clouds";
import type { StorageSettings } from "./config/storage";
import type { WebhookSettings } from "./config/webhook";
import { ConfigError } from "./errors";
import type { AccountConfig } from "./rotation/account-config";

export { settingNames } from "./config/setting-names";

/** The values of settings by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a file beside host.json, for `ROTATION_ACCOUNTS=@file.json`; given a plain file name, throws where there is none. */
export interface FilesBesideHost {
  read(path: string): string;
}

/** Everything the app was told, checked, with every default filled in. */
export interface Settings {
  readonly storage: StorageSettings;
  readonly tablePrefix: string;
  /** Null where unset: the host knows no default for `%ROTATION_SCHEDULE%`. */
  readonly schedule: string | null;
  readonly accounts: readonly AccountConfig[];
  readonly dryRun: boolean;
  readonly emulated: boolean;
  /** Null where alarms go to the log only. */
  readonly webhook: WebhookSettings | null;
  /** With `ROTATION_ARM_ENDPOINT` applied. */
  readonly cloud: Cloud;
  /** `AZURE_CLIENT_ID`; null for the system-assigned identity. */
  readonly clientId: string | null;
  readonly claimMs: number;
  readonly quarantineMs: number;
}

/** What the host does with this app. `functionTimeoutMs` is how long it lets one call run, in milliseconds. */
export interface HostLimits {
  readonly functionTimeoutMs: number;
}

/**
 * Checks all settings and the configuration.
 * Throws `ConfigError` with every problem at once, by name and remedy and without any value.
 */
export const readSettings = (
  _env: Environment,
  _files: FilesBesideHost,
  _host: HostLimits = { functionTimeoutMs: 300_000 },
): Settings => {
  throw new ConfigError([{ at: "ROTATION_ACCOUNTS", problem: "is not read yet" }]);
};
