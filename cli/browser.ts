import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as timeout } from "node:timers/promises";

const openers: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: "open", win32: "explorer" };

/** Long enough for a browser to start and to read the file. */
const keptMs = 10_000;

/**
 * Shows an address that holds a key. Arguments of a process are seen by every user of the machine, so the browser is
 * given a file that only this user can read, which leads there; Jupyter does the same.
 */
export const showInBrowser = async (
  address: string,
  start: (program: string, args: readonly string[]) => ChildProcess,
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "batch-key-rotator-"));
  try {
    const file = join(folder, "open.html");
    writeFileSync(file, pageTo(address), { mode: 0o600 });
    const child = start(openers[process.platform] ?? "xdg-open", [file]);
    await once(child, "spawn");
    child.unref();
    await timeout(keptMs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const entities: Readonly<Record<string, string>> = { "&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;" };

export const pageTo = (address: string): string => {
  const escaped = address.replace(/[&"<>]/g, (character) => entities[character] ?? character);
  return (
    '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">' +
    `<meta http-equiv="refresh" content="0;url=${escaped}"><title>Batch key rotator</title>\n`
  );
};
