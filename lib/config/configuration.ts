import { noFleetLimits } from "../rotation/fleet/fleet-config";
import { type Configuration, resolveConfiguration } from "./accounts";
import type { ConfigurationRules } from "./checks/cross-checks";
import { type Parsed, parseJsonc } from "./jsonc";
import type { Problems } from "./problems";
import type { SettingsReader } from "./settings/reader";

const setting = "ROTATION_ACCOUNTS";

/**
 * Reads a file beside host.json, for `ROTATION_ACCOUNTS=@file.json`; given a plain file name, throws where there is
 * none.
 */
export interface FilesBesideHost {
  read(path: string): string;
}

/** Letters, digits, `.`, `_` and `-`, no folder: nothing outside the app's own folder can be named. */
const plainFile = /^@[\w-][\w.-]{0,127}$/;

/**
 * In bytes. Linux starts no process with a variable of 128 KiB or more: the app could then not even report why. A file
 * has no such limit.
 */
export const maxInlineBytes = 100_000;

const readInline = (text: string, problems: Problems): string | null => {
  if (Buffer.byteLength(text) <= maxInlineBytes) return text;
  problems.add(
    setting,
    `is longer than ${maxInlineBytes} bytes: ` +
      "put the accounts into accounts.json beside host.json, and set it to @accounts.json",
  );
  return null;
};

const readFile = (files: FilesBesideHost, name: string, problems: Problems): string | null => {
  try {
    // Editors on Windows put a byte order mark in front, which JSON does not allow.
    return files.read(name).replace(/^\uFEFF/, "");
  } catch {
    problems.add(setting, "names a file that cannot be read: put it beside host.json, or correct its name");
    return null;
  }
};

const readText = (reader: SettingsReader, files: FilesBesideHost, problems: Problems): string | null => {
  const text = reader.text(setting);
  if (text === null && reader.isUnresolved(setting)) return null;
  if (text === null) {
    problems.add(setting, "is missing: set it to the accounts as JSON, or to @file.json beside host.json");
    return null;
  }
  // Untrimmed, so that lines are counted as they were written.
  if (!text.startsWith("@")) return readInline(reader.untrimmed(setting), problems);
  if (plainFile.test(text)) return readFile(files, text.slice(1), problems);
  problems.add(setting, "must name a file beside host.json after the @: letters, digits, ., _ and -, no folder");
  return null;
};

/** The text is not in memory any more when its value is checked: that of a fleet is large. */
const readParsed = (reader: SettingsReader, files: FilesBesideHost, problems: Problems): Parsed | null => {
  const text = readText(reader, files, problems);
  return text === null ? null : parseJsonc(text);
};

/** Stands in where something is wrong: it is reported, and the app does not start. */
const nothing: Configuration = {
  accounts: [],
  profiles: { complete: () => ({ kind: "incomplete", problems: [] }) },
  discovery: null,
  fleet: noFleetLimits,
};

/** What `ROTATION_ACCOUNTS` says; nothing where anything is wrong with it. */
export const readConfiguration = (
  reader: SettingsReader,
  files: FilesBesideHost,
  rules: ConfigurationRules,
  problems: Problems,
): Configuration => {
  const parsed = readParsed(reader, files, problems);
  if (parsed === null) return nothing;
  if ("value" in parsed) {
    const report = (at: string, problem: string): void => problems.add(`${setting}${at}`, problem);
    return resolveConfiguration(parsed.value, rules, report) ?? nothing;
  }
  for (const problem of parsed.problems) problems.add(setting, problem);
  return nothing;
};
