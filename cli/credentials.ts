import { CommandError } from "./exit-codes";
import type { Secrets } from "./secrets";
import type { Surroundings } from "./surroundings";

/** `accountStatus` → `ROTATOR_KEY_ACCOUNT_STATUS`. */
export const keyVariable = (functionName: string): string =>
  `ROTATOR_KEY_${functionName.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** The key of one function, else the one that opens all; null where there is none: a proxy may add it. */
export const keyOf = (functionName: string, env: Surroundings["env"], secrets: Secrets): string | null => {
  const key = env[keyVariable(functionName)] || env["ROTATOR_KEY"] || "";
  return key === "" ? null : secrets.add(key);
};

/** A token of the Azure CLI for the app's registration, where its sign-in is on. */
export const tokenFor = async (
  audience: string,
  { run }: Pick<Surroundings, "run">,
  secrets: Secrets,
): Promise<string> => {
  const args = ["account", "get-access-token", "--resource", audience, "--query", "accessToken", "--output", "tsv"];
  try {
    return secrets.add((await run("az", args)).trim());
  } catch {
    // The program's own output is not repeated: it could hold a token.
    throw new CommandError(
      `the Azure CLI gives no token for ${audience}: run az login, and check that az account get-access-token ` +
        `--resource ${audience} works`,
    );
  }
};
