import { CommandError, usageError } from "./exit-codes";
import { reasonToFill } from "../lib/rotation/attention/who-acts";
import type { Session } from "./session";

export interface OrderOptions {
  readonly reason?: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** Before anything is asked of the app: a script learns at once what it has left out. */
export const checkOrder = ({ reason, yes, dryRun }: OrderOptions, canAsk: boolean): void => {
  if (reason === reasonToFill) throw usageError(`replace ${reasonToFill} by the reason: the history keeps it`);
  if (reason === undefined && !canAsk) throw usageError("--reason is missing: the history keeps why this is done");
  if (!yes && !dryRun && !canAsk)
    throw usageError("this changes something, and there is no terminal to ask on: add --yes, or --dry-run to see it");
};

/** From the option, else by a question. */
export const reasonFor = async ({ reason }: OrderOptions, { surroundings }: Session): Promise<string> => {
  const text = (reason ?? (await surroundings.ask("Reason, for the history: "))).trim();
  if (text === "") throw usageError("a reason is required: the history keeps why this is done");
  return text;
};

/** Shows what would happen, then asks, unless that was answered already. */
export const confirm = async (session: Session, effect: string, { yes }: OrderOptions): Promise<void> => {
  session.say(effect);
  if (yes) return;
  const answer = await session.surroundings.ask("Do it? [y/N] ");
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError("nothing was changed");
};
