import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createProgram } from "../../cli/program";
import { Secrets } from "../../cli/secrets";
import type { Surroundings } from "../../cli/surroundings";

const file = path.join(__dirname, "../../docs/command-line.md");

const silent = { isTerminal: false, columns: null, write: () => undefined };

/** For the texts of help nothing else is asked for. */
const surroundings: Surroundings = {
  env: {},
  fetch: () => Promise.reject(new Error("nothing is sent")),
  stdout: silent,
  stderr: silent,
  canAsk: false,
  ask: () => Promise.resolve(""),
  now: () => new Date(0),
  wait: () => Promise.resolve(),
  interrupted: new AbortController().signal,
  run: () => Promise.reject(new Error("nothing is run")),
  openBrowser: () => Promise.resolve(),
  readFile: () => "",
  newId: () => "",
};

/** The help of every command, as it is printed in a pipe. */
export const helpTexts = (): readonly { readonly command: string; readonly text: string }[] =>
  createProgram(surroundings, new Secrets(), () => Promise.resolve()).commands.map((command) => ({
    command: command.name(),
    text: command.helpInformation().trimEnd(),
  }));

const mark = "\n## Every command\n";

/** The document with the present texts under its last heading. */
export const withHelpTexts = (document: string): string => {
  const [before = ""] = document.split(mark);
  const sections = helpTexts().map(({ command, text }) => `### ${command}\n\n\`\`\`text\n${text}\n\`\`\`\n`);
  return `${before}${mark}\n${sections.join("\n")}`;
};

if (require.main === module) writeFileSync(file, withHelpTexts(readFileSync(file, "utf8")));
