import type { Route } from "./routes";
import type { WireRequest } from "./wire";

/** The data actions of Key Vault roles, under `Microsoft.KeyVault/vaults/secrets/`. */
export type SecretAction =
  | "getSecret/action"
  | "setSecret/action"
  | "update/action"
  | "readMetadata/action"
  | "delete"
  | "recover/action";

export type VaultRoute = Exclude<Extract<Route, `vault.${string}`>, "vault.challenge" | "vault.unknown">;

export interface Operation {
  readonly route: VaultRoute;
  readonly action: SecretAction;
  readonly secret: string;
  /** Null where none is named. */
  readonly version: string | null;
}

const operations: Readonly<Record<string, readonly [VaultRoute, SecretAction]>> = {
  "PUT secrets/{name}": ["vault.setSecret", "setSecret/action"],
  "GET secrets/{name}": ["vault.getSecret", "getSecret/action"],
  "GET secrets/{name}/versions": ["vault.listVersions", "readMetadata/action"],
  "GET secrets/{name}/{version}": ["vault.getSecretVersion", "getSecret/action"],
  "PATCH secrets/{name}": ["vault.updateSecret", "update/action"],
  "PATCH secrets/{name}/{version}": ["vault.updateSecret", "update/action"],
  "DELETE secrets/{name}": ["vault.deleteSecret", "delete"],
  "GET deletedsecrets/{name}": ["vault.getDeletedSecret", "readMetadata/action"],
  "POST deletedsecrets/{name}/recover": ["vault.recoverSecret", "recover/action"],
};

/** The operation of a request; null if the emulator does not know the route. A final slash is ignored. */
export const operationOf = ({ method, path }: WireRequest): Operation | null => {
  const [collection = "", secret = "", third, ...more] = path
    .replace(/^\//, "")
    .replace(/\/$/, "")
    .split("/")
    .map((segment) => decodeURIComponent(segment));
  const word = third?.toLowerCase();
  const isWord = word === undefined || word === "versions" || word === "recover";
  const last = word === undefined ? "" : isWord ? `/${word}` : "/{version}";
  const [route, action] = operations[`${method} ${collection.toLowerCase()}/{name}${last}`] ?? [];
  if (secret === "" || more.length > 0 || route === undefined || action === undefined) return null;
  return { route, action, secret, version: isWord ? null : (third ?? null) };
};
