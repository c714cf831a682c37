import * as z from "zod";
import type { FleetConfig } from "../../rotation/fleet/fleet-config";
import { parseDuration } from "../../rotation/time/duration";
import { toInstant } from "../../rotation/time/time";
import { minutes, seconds } from "../../rotation/time/units";
import { duration, mustBe, type SchemaOptions, text, withBounds } from "./field-types";
import { accountName } from "./identity-fields";
import { asObject, type Unchecked } from "../merge";
import { listOf, type Report, valid } from "../checks/parts";

const spreadForm = "a number from 0 to 0.5";
const wholeForm = "a whole number from 1 to 1000";
const instantForm = "an instant as 2026-12-20T00:00:00Z";

/** Those under way and the failures are kept in one row of a table. */
const wholeNumber = () =>
  z
    .int({ error: mustBe(wholeForm) })
    .min(1, { error: mustBe(wholeForm) })
    .max(1_000, { error: mustBe(wholeForm) });

/** With a zone, or it would depend on the machine. */
const instant = text(instantForm, /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/).refine(
  (value) => !Number.isNaN(Date.parse(value)),
  { error: mustBe(instantForm) },
);

const breaker = (shortestMs: number) =>
  z.strictObject(
    {
      failures: wholeNumber().meta({
        description: "How many scheduled rotations must fail: rolled back, blocked, or a consumer unhealthy.",
        examples: [3],
      }),
      within: duration(shortestMs).meta({
        description: withBounds("The time within which they must fail.", shortestMs),
        examples: ["P1D"],
      }),
    },
    { error: mustBe("an object with failures and within, or null") },
  );

const blackout = z.strictObject(
  {
    from: instant.meta({ description: "When it begins.", examples: ["2026-12-20T00:00:00Z"] }),
    to: instant.meta({ description: "When it ends; later than from.", examples: ["2027-01-04T00:00:00Z"] }),
    reason: z
      .string({ error: mustBe("a text of 1 to 500 characters") })
      .trim()
      .min(1, { error: mustBe("a text of 1 to 500 characters") })
      .max(500, { error: mustBe("a text of 1 to 500 characters") })
      .meta({ description: "Shown as what scheduled rotations wait for.", examples: ["end of the year"] }),
  },
  { error: mustBe("an object with from, to and reason") },
);

const fleetFields = (shortestMs: number) => ({
  spread: z
    .number({ error: mustBe(spreadForm) })
    .min(0, { error: mustBe(spreadForm) })
    .max(0.5, { error: mustBe(spreadForm) })
    .default(0)
    .meta({
      description:
        "The part of rotateEvery by which due dates move earlier, each account's by a hash of its resource id.",
      examples: [0.2],
    }),
  maxRotating: wholeNumber()
    .nullable()
    .default(null)
    .meta({ description: "How many scheduled rotations may be under way at once; null: any number.", examples: [10] }),
  canaries: z
    .array(accountName, { error: mustBe("a list of accounts' names") })
    .default([])
    .meta({
      description: "Accounts that must have completed within the last rotateEvery before others start.",
      examples: [["render-weu"]],
    }),
  breaker: breaker(shortestMs)
    .nullable()
    .default(null)
    .meta({
      description: "After this number of failures no further scheduled rotation starts; null: never.",
      examples: [{ failures: 3, within: "P1D" }],
    }),
  blackouts: z
    .array(blackout, { error: mustBe("a list of objects with from, to and reason") })
    .default([])
    .meta({
      description: "Times in which no scheduled rotation starts.",
      examples: [[{ from: "2026-12-20T00:00:00Z", to: "2027-01-04T00:00:00Z", reason: "end of the year" }]],
    }),
});

export const fleetSchema = ({ emulated }: Pick<SchemaOptions, "emulated">) =>
  z.strictObject(fleetFields(emulated ? seconds(1) : minutes(1)), { error: mustBe("an object") }).meta({
    description: "What holds for the scheduled rotations of all accounts together; on-demand ones are never held up.",
    default: {},
    examples: [{ spread: 0.2, maxRotating: 10 }],
  });

/**
 * How the parts of `fleet` go together. `namesOf`: those of all accounts, in lower case; null where some are only found
 * later.
 */
export const checkFleet = (fleet: Unchecked, namesOf: (() => ReadonlySet<string>) | null, report: Report): void => {
  const names = listOf(fleet["canaries"]);
  const accounts = names.length === 0 ? null : (namesOf?.() ?? null);
  names.forEach((name, i) => {
    if (names.indexOf(name) < i) report(["fleet", "canaries", i], "is named twice: remove one of them");
    else if (accounts !== null && valid(accountName, name) !== null && !accounts.has(String(name)))
      report(["fleet", "canaries", i], "is no account: all others would wait for it for ever; correct or remove it");
  });
  listOf(fleet["blackouts"])
    .map(asObject)
    .forEach(({ from, to }, i) => {
      const [begin, end] = [valid(instant, from), valid(instant, to)];
      if (begin !== null && end !== null && Date.parse(end) <= Date.parse(begin))
        report(["fleet", "blackouts", i, "to"], "must be later than the blackout's from");
    });
};

/** Of a `fleet` that the schema has let through. */
export const resolveFleet = (fleet: z.infer<ReturnType<typeof fleetSchema>>): FleetConfig => ({
  ...fleet,
  breaker: fleet.breaker && {
    failures: fleet.breaker.failures,
    withinMs: parseDuration(fleet.breaker.within) ?? Number.NaN,
  },
  blackouts: fleet.blackouts.map(({ from, to, reason }) => ({
    from: toInstant(new Date(from)),
    to: toInstant(new Date(to)),
    reason,
  })),
});
