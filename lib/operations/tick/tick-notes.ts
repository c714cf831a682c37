import type { App } from "../../app";
import { callOptions } from "../../limits";
import { noTickNotes, type StoredTickNotes, type TickNotes } from "../../ports/ticks";

const attempts = 3;

/**
 * Changes what ticks leave for the next one, again where another process has written in between. `change`: null where
 * nothing is to be written. `known`: as they were read, which saves a call; undefined where they were not. Returns
 * whether the change, or none, is in force.
 */
export const changeTickNotes = async (
  { ports, limits }: App,
  change: (notes: TickNotes) => TickNotes | null,
  known?: StoredTickNotes | null,
): Promise<boolean> => {
  const call = () => callOptions(ports.clock, limits.callMs);
  let stored = known;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    stored ??= known === null && attempt === 1 ? null : await ports.ticks.read(call());
    const next = change(stored?.notes ?? noTickNotes);
    if (next === null || (await ports.ticks.write(next, stored?.etag ?? null, call())) !== null) return true;
    stored = undefined;
  }
  return false;
};
