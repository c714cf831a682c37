import { Argument, type Command, Option } from "commander";
import { cloudNames } from "../../lib/config/clouds";
import { completionScript, type Shell, shells } from "../completion";
import { type End, exitCodes } from "../exit-codes";
import type { Surroundings } from "../surroundings";
import { validate, type ValidateOptions } from "./validate";

/** Commands that ask no app. */
export const addFileCommands = (program: Command, surroundings: Surroundings, end: End): void => {
  program
    .command("validate")
    .description("Check a file of accounts without the app: each problem with its line and column.")
    .argument("<file>")
    .addOption(new Option("--cloud <name>", "cloud of the vaults").choices(cloudNames).default("AzurePublic"))
    .option("--vault-url <address>", "vault of accounts that name none (ROTATION_VAULT_URL)")
    .addOption(new Option("--output <form>", "form of the data").choices(["table", "json"]).default("table"))
    .action((file: string, options: ValidateOptions) => end(validate(surroundings, file, options)));
  program
    .command("completion")
    .description("Print a script that completes commands in a shell.")
    .addArgument(new Argument("<shell>").choices(shells))
    .action((shell: Shell) => {
      surroundings.stdout.write(completionScript(program, shell));
      return end(exitCodes.fine);
    });
};
