import type { NextLook } from "../../lib/rotation/next-look";
import { at } from "./time";

/** What is written beside a record: to be looked at again at 16:00 on the 24th. */
export const aLook = (changes: Partial<NextLook> = {}): NextLook => ({
  nextLookAt: at("16:00"),
  lookedWith: "0123456789abcdef",
  waiting: null,
  ...changes,
});
