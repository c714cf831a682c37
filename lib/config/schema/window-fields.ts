import { IANAZone } from "luxon";
import * as z from "zod";
import { weekdays } from "../../rotation/account-config";
import { mustBe, oneOf, text } from "./field-types";

const clockTime = text("a time as HH:mm from 00:00 to 23:59", /^(?:[01]\d|2[0-3]):[0-5]\d$/);

// The pattern leaves out bare offsets such as +02:00, which newer engines take: they know no daylight saving time.
const timeZone = text("an IANA time zone such as Europe/Amsterdam", /^[A-Za-z][A-Za-z0-9_+/-]*$/).refine(
  (name) => IANAZone.isValidZone(name),
  {
    error: mustBe("an IANA time zone such as Europe/Amsterdam"),
  },
);

export const windowObject = z.strictObject(
  {
    days: z
      .array(oneOf(weekdays), { error: mustBe("a list of days: Mon, Tue, Wed, Thu, Fri, Sat, Sun") })
      .min(1, { error: "must name at least one day; for no window at all, set window to null" })
      .meta({ description: "The days on which the window begins.", examples: [["Tue", "Wed"]] }),
    from: clockTime.meta({ description: "When it opens, by the wall clock of timeZone.", examples: ["02:00"] }),
    to: clockTime.meta({
      description: "When it closes; earlier than from means on the next day.",
      examples: ["05:00"],
    }),
    timeZone: timeZone.meta({ description: "IANA time zone.", examples: ["Europe/Amsterdam"] }),
  },
  { error: mustBe("an object with days, from, to and timeZone, or null") },
);
