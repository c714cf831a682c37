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

/** The operation of a request; null if the emulator does not know the route. A final slash is ignored. */
export const operationOf = ({ method, path }: WireRequest): Operation | null => {
  const [collection = "", secret = "", third = null, ...more] = path
    .replace(/^\//, "")
    .replace(/\/$/, "")
    .split("/")
    .map((segment) => decodeURIComponent(segment));
  if (more.length > 0) return null;
  const operation = (route: VaultRoute, action: SecretAction, version: string | null = null): Operation => ({
    route,
    action,
    secret,
    version,
  });
  switch (`${method} ${collection.toLowerCase()}${secret === "" ? "" : "/{name}"}${last(third)}`) {
    case "PUT secrets/{name}":
      return operation("vault.setSecret", "setSecret/action");
    case "GET secrets/{name}":
      return operation("vault.getSecret", "getSecret/action");
    case "GET secrets/{name}/versions":
      return operation("vault.listVersions", "readMetadata/action");
    case "GET secrets/{name}/{third}":
      return operation("vault.getSecretVersion", "getSecret/action", third);
    case "PATCH secrets/{name}":
    case "PATCH secrets/{name}/{third}":
      return operation("vault.updateSecret", "update/action", third);
    case "DELETE secrets/{name}":
      return operation("vault.deleteSecret", "delete");
    case "GET deletedsecrets/{name}":
      return operation("vault.getDeletedSecret", "readMetadata/action");
    case "POST deletedsecrets/{name}/recover":
      return operation("vault.recoverSecret", "recover/action");
    default:
      return null;
  }
};

const last = (third: string | null): string => {
  if (third === null) return "";
  const word = third.toLowerCase();
  return word === "versions" || word === "recover" ? `/${word}` : "/{third}";
};
