import { keyOf } from "../credentials";
import { type ExitCode, exitCodes } from "../exit-codes";
import type { Session } from "../session";

/** Prints the page's address, without a key; on a terminal the browser shows it. */
export const openPage = async ({ client, surroundings, secrets, show, say }: Session): Promise<ExitCode> => {
  const address = `${client.url}/dashboard`;
  show(() => `${address}\n`, { address });
  if (!surroundings.stdout.isTerminal) return exitCodes.fine;
  const key = keyOf("dashboard", surroundings.env, secrets);
  try {
    await surroundings.openBrowser(key === null ? address : `${address}?code=${encodeURIComponent(key)}`);
  } catch {
    say("no browser could be opened: open the address yourself, with ?code= and the key of the function dashboard");
  }
  return exitCodes.fine;
};
