import type { Searched } from "../../lib/rotation/gate/key-copies";
import { v2 } from "./state";
import { at } from "./time";

/** The result of a search that has found a copy at 10:12. */
export const aCopyFound = (changes: Partial<Searched> = {}): Searched => ({
  version: v2,
  at: at("10:12"),
  foundSince: at("10:12"),
  detail: "the account itself holds the primary key, which dies next, in job nightly-etl",
  incomplete: null,
  ...changes,
});

/** The result of one that has found none. */
export const noCopyFound = (changes: Partial<Searched> = {}): Searched =>
  aCopyFound({ foundSince: null, detail: "no copy of the primary key was found in 3 objects", ...changes });
