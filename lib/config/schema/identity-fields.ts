import * as z from "zod";
import type { BatchAccountRef } from "../../rotation/account-config";
import { mustBe, type SchemaOptions, text } from "./field-types";
import type { SettingsReader } from "../settings/reader";
import { isPlainBase, parseUrl } from "../urls";

/** A pattern that ignores case without a flag: JSON Schema has none. */
export const anyCase = (word: string): string =>
  word.replace(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);

export const guidPattern = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

/** Groups: subscription, resource group, account name. */
const batchIdPattern = new RegExp(
  `^/${anyCase("subscriptions")}/(${guidPattern})` +
    `/${anyCase("resourceGroups")}/([\\p{L}\\p{N}_().\\-]{0,89}[\\p{L}\\p{N}_()\\-])` +
    `/${anyCase("providers")}/${anyCase("Microsoft")}[.]${anyCase("Batch")}` +
    `/${anyCase("batchAccounts")}/([A-Za-z0-9]{3,24})$`,
  "u",
);

export const resourceId = text(
  "the resource id of a Batch account: " +
    "/subscriptions/<guid>/resourceGroups/<group>/providers/Microsoft.Batch/batchAccounts/<name>",
  batchIdPattern,
).meta({
  description: "Resource id of the Batch account.",
  examples: [
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/render" +
      "/providers/Microsoft.Batch/batchAccounts/renderweu",
  ],
});

export const profileName = text("1 to 64 of a-z, A-Z, 0-9, ., _ and -", /^[\w.-]{1,64}$/);

export const accountName = text("3 to 63 of a-z, 0-9 and -", /^[a-z0-9-]{3,63}$/).meta({
  description: "The account's name in logs, alarms and addresses; unique. Default: the Batch account's name.",
  examples: ["render-weu"],
});

const isVault = (value: string, { emulated, vaultDomain }: VaultRules): boolean => {
  const url = parseUrl(value);
  if (url === null || !isPlainBase(url) || url.pathname !== "/") return false;
  if (emulated || vaultDomain === null) return true;
  const isOfCloud =
    url.hostname.endsWith(vaultDomain) && /^[a-z0-9-]+$/.test(url.hostname.slice(0, -vaultDomain.length));
  return isOfCloud && url.port === "";
};

type VaultRules = Pick<SchemaOptions, "emulated" | "vaultDomain">;

const vaultForm = ({ emulated, vaultDomain }: VaultRules): string => {
  const host = emulated ? "<host>" : `<vault>${vaultDomain ?? ".vault.azure.net"}`;
  return `the address of a vault, https://${host}, without path`;
};

const vaultUrl = (rules: VaultRules) =>
  text(vaultForm(rules), /^https:\/\/[^\s/?#@\\]+\/?$/)
    .refine((value) => isVault(value, rules), { error: mustBe(vaultForm(rules)) })
    .meta({
      description: "Address of the Key Vault. Default: that of vaultResourceId, else the setting ROTATION_VAULT_URL.",
      examples: ["https://render-keys.vault.azure.net"],
    });

/**
 * The address of the vault that accounts without one publish to; null where unset. Where it is invalid, another one
 * stands in: the setting is reported, and each account without a vault is not reported in addition.
 */
export const readDefaultVault = (reader: SettingsReader, rules: VaultRules): string | null => {
  const setting = "ROTATION_VAULT_URL";
  const valid = reader.matching(setting, vaultForm(rules), (value) => vaultUrl(rules).safeParse(value).success);
  return valid ?? (reader.isSet(setting) ? `https://invalid${rules.vaultDomain ?? ".vault.azure.net"}` : null);
};

/** Groups: the vault's name. */
const vaultIdPattern = new RegExp(
  `^/${anyCase("subscriptions")}/${guidPattern}/${anyCase("resourceGroups")}/[^/]{1,90}` +
    `/${anyCase("providers")}/${anyCase("Microsoft")}[.]${anyCase("KeyVault")}` +
    `/${anyCase("vaults")}/([A-Za-z][0-9A-Za-z-]{2,23})$`,
);

const vaultResourceId = text(
  "the resource id of a vault: " +
    "/subscriptions/<guid>/resourceGroups/<group>/providers/Microsoft.KeyVault/vaults/<name>",
  vaultIdPattern,
).meta({
  description: "Resource id of the Key Vault. The templates need it to assign the role there.",
  examples: [
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/render" +
      "/providers/Microsoft.KeyVault/vaults/render-keys",
  ],
});

/** The name of the vault with this resource id; null where it is none. */
export const vaultNameOf = (id: unknown): string | null =>
  typeof id === "string" ? (vaultIdPattern.exec(id)?.[1]?.toLowerCase() ?? null) : null;

const secretName = text("1 to 127 of 0-9, a-z, A-Z and -", /^[0-9A-Za-z-]{1,127}$/).meta({
  description: "Name of the secret whose newest version is the active key. Default: <Batch account>-batch-key.",
  examples: ["renderweu-batch-key"],
});

/** Secrets of the accounts of one profile: their names must differ, so each holds the account's own. */
const secretNamePattern = text(
  "1 to 127 of 0-9, a-z, A-Z and - with {account}, and {location} where it is known",
  /^(?:[0-9A-Za-z-]|\{account\}|\{location\})*\{account\}(?:[0-9A-Za-z-]|\{account\}|\{location\})*$/,
).meta({
  description:
    "Name of each account's secret. {account} stands for the name of the Batch account, {location} for its region " +
    "(accounts found by a tag only). Default: <Batch account>-batch-key.",
  examples: ["{account}-batch-key"],
});

export const secret = (rules: SchemaOptions) => secretWith(rules, secretName);

/** The secret of a profile, whose name is a pattern. */
export const profileSecret = (rules: SchemaOptions) => secretWith(rules, secretNamePattern);

const secretWith = (rules: SchemaOptions, name: typeof secretName) =>
  z
    .strictObject(
      { vaultUrl: vaultUrl(rules), vaultResourceId: vaultResourceId.optional(), name },
      { error: mustBe("an object with vaultUrl and name") },
    )
    .meta({
      description: "The Key Vault secret that apps read the key from. Required where ROTATION_VAULT_URL is not set.",
      examples: [{ vaultUrl: "https://render-keys.vault.azure.net", name: "renderweu-batch-key" }],
    });

type BatchIdParts = Omit<BatchAccountRef, "resourceId">;

/** The parts of a resource id; null where it is none. */
export const batchIdParts = (id: string): BatchIdParts | null => {
  const [, subscriptionId, resourceGroup, name] = batchIdPattern.exec(id) ?? [];
  return subscriptionId === undefined || resourceGroup === undefined || name === undefined
    ? null
    : { subscriptionId, resourceGroup, accountName: name };
};
