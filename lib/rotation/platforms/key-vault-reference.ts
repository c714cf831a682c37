import type { SecretRef } from "../account-config";

/** A Key Vault reference of App Service, as far as its text can be read. */
interface KeyVaultReference {
  /** The origin of the vault, or its name where the text has no more. */
  readonly vault: string;
  readonly secret: string;
  /** The fixed version; null where the reference follows the newest one. */
  readonly version: string | null;
}

const fieldOf = (text: string, name: string): string | null =>
  new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*([^;]*?)\\s*(?:;|$)`, "i").exec(text)?.[1] || null;

/** What the address of a secret refers to; null where it is none. */
export const addressOf = (uri: string): KeyVaultReference | null => {
  const [, vault = "", secret = "", version = ""] =
    /^(https:\/\/[^/\s]+)\/secrets\/([^/\s]+)(?:\/([^/\s]*))?\/?$/i.exec(uri) ?? [];
  return vault === "" ? null : { vault, secret, version: version === "" ? null : version };
};

/**
 * Both forms: `@Microsoft.KeyVault(SecretUri=…)` and `@Microsoft.KeyVault(VaultName=…;SecretName=…;SecretVersion=…)`
 * (learn.microsoft.com/azure/app-service/app-service-key-vault-references). Null for any other text.
 */
export const parseReference = (text: string): KeyVaultReference | null => {
  const [, inside] = /^\s*@Microsoft\.KeyVault\((.*)\)\s*$/is.exec(text) ?? [];
  if (inside === undefined) return null;
  const uri = fieldOf(inside, "SecretUri");
  const pinned = fieldOf(inside, "SecretVersion");
  if (uri !== null) {
    const found = addressOf(uri);
    return found && { ...found, version: found.version ?? pinned };
  }
  const [vault, secret] = [fieldOf(inside, "VaultName"), fieldOf(inside, "SecretName")];
  return vault === null || secret === null ? null : { vault, secret, version: pinned };
};

/** Azure compares both names without case. */
export const refersTo = (
  { vault, secret }: Pick<KeyVaultReference, "vault" | "secret">,
  { vaultUrl, name }: SecretRef,
): boolean => {
  const wanted = vaultUrl.toLowerCase();
  const [host = ""] = wanted.replace(/^https:\/\//, "").split(/[.:/]/);
  return secret.toLowerCase() === name.toLowerCase() && [wanted, host].includes(vault.toLowerCase());
};
