import { readFileSync } from "node:fs";
import { resolveConfiguration } from "../../lib/config/accounts";
import { parseJsonc } from "../../lib/config/jsonc";
import { asObject } from "../../lib/config/merge";

/** Cloud, vault and schedule of a deployment are known only in Azure: the rest is checked without them. */
const rules = {
  emulated: false,
  vaultDomain: null,
  defaultVaultUrl: "https://vault-of-the-deployment.vault.azure.net",
  schedule: null,
  // The template sets the workspace.
  asksLog: true,
};

/** In characters. */
const maxBicepLength = 1_048_576;

/** What `loadJsonContent` of Bicep does not read, although the app does. */
const bicepProblems = (text: string): string[] => {
  const tooLong = text.length > maxBicepLength ? [`is longer than ${maxBicepLength} characters: use defaults`] : [];
  try {
    JSON.parse(text);
    return tooLong;
  } catch {
    return [...tooLong, "holds comments or trailing commas, which Bicep does not read: remove them"];
  }
};

/**
 * The text of the file of accounts, for the package; null where it lists none and finds none: the accounts are then in
 * the setting.
 * Throws with every problem at once, as the app would report it after the deployment.
 */
export const accountsToPackage = (file: string): string | null => {
  const text = readFileSync(file, "utf8");
  const parsed = parseJsonc(text.replace(/^\uFEFF/, ""));
  const problems = "value" in parsed ? bicepProblems(text) : [...parsed.problems];
  if ("value" in parsed) {
    const { accounts, discovery } = asObject(parsed.value);
    if (Array.isArray(accounts) && accounts.length === 0 && discovery === undefined) return null;
    resolveConfiguration(parsed.value, rules, (at, problem) => problems.push(`${at} ${problem}`));
  }
  if (problems.length > 0) throw new Error(`the accounts are wrong:\n${problems.join("\n")}`);
  return text;
};
