import * as z from "zod";
import { days, minutes, seconds } from "../../rotation/time/units";
import { builtIn } from "./defaults";
import { discoverySchema } from "./discovery-schema";
import { duration, mustBe, oneOf, type SchemaOptions, withBounds } from "./field-types";
import { fleetSchema } from "./fleet-schema";
import { gateFields } from "./gate-schema";
import { accountName, profileName, profileSecret, resourceId, secret } from "./identity-fields";
import { windowObject } from "./window-fields";

const stalledAfterFields = (shortestMs: number) => {
  const field = (phase: keyof typeof builtIn.stalledAfter, example: string) =>
    duration(shortestMs).meta({
      description: withBounds(
        `How long phase ${phase} may last before it is reported stalled; time paused does not count.`,
        shortestMs,
      ),
      default: builtIn.stalledAfter[phase],
      examples: [example],
    });
  return {
    adopting: field("adopting", "P7D"),
    started: field("started", "PT1H"),
    regenerated: field("regenerated", "PT1H"),
    published: field("published", "P2D"),
    retired: field("retired", "PT1H"),
    settling: field("settling", "P2D"),
  };
};

/** Every key that an account and `defaults` may both hold, all of them present. */
const sharedFields = (rules: SchemaOptions) => {
  const shortestMs = rules.emulated ? seconds(1) : minutes(1);
  const rotateEveryFromMs = rules.emulated ? seconds(1) : days(1);
  return {
    rotateEvery: duration(rotateEveryFromMs, days(730)).meta({
      description: withBounds("How old a key may become before it is rotated.", rotateEveryFromMs, days(730)),
      default: builtIn.rotateEvery,
      examples: ["P30D"],
    }),
    expireAfter: duration(shortestMs)
      .optional()
      .meta({
        description: withBounds(
          "How long after publication the secret expires; longer than rotateEvery. Default: rotateEvery and 30 days.",
          shortestMs,
        ),
        examples: ["P90D"],
      }),
    window: windowObject.nullable().meta({
      description:
        "When scheduled rotations may do their work; a run of ROTATION_SCHEDULE must fall into it. null: at any time.",
      default: builtIn.window,
      examples: [{ days: ["Tue", "Wed"], from: "02:00", to: "05:00", timeZone: "Europe/Amsterdam" }],
    }),
    settleOn: oneOf(["alternate", "primary"]).meta({
      description: "Which key stays active: the other one each time, or always the primary in the end.",
      default: builtIn.settleOn,
      examples: ["primary"],
    }),
    probe: oneOf(["dataPlane", "none"]).meta({
      description: "Whether keys are proven by a signed call to Batch; none where its data plane is out of reach.",
      default: builtIn.probe,
      examples: ["none"],
    }),
    reconcileEvery: duration(shortestMs).meta({
      description: withBounds("How often an idle account's secret is compared with its live keys.", shortestMs),
      default: builtIn.reconcileEvery,
      examples: ["PT1H"],
    }),
    paused: z.boolean({ error: mustBe("true or false") }).meta({
      description: "Nothing is rotated while true; drift is repaired all the same.",
      default: builtIn.paused,
      examples: [true],
    }),
    gate: z.strictObject(gateFields(rules, shortestMs), { error: mustBe("an object") }),
    stalledAfter: z.strictObject(stalledAfterFields(shortestMs), { error: mustBe("an object") }),
    remindEvery: duration(shortestMs).meta({
      description: withBounds("How often an alarm is repeated while its condition lasts.", shortestMs),
      default: builtIn.remindEvery,
      examples: ["P1D"],
    }),
  };
};

/** An account with every key but those without a fixed default filled in. */
export const completeAccount = (rules: SchemaOptions) =>
  z.strictObject({ name: accountName.optional(), resourceId, secret: secret(rules), ...sharedFields(rules) });

export type AccountSchema = ReturnType<typeof completeAccount>;
export type CompleteAccount = z.infer<AccountSchema>;

/** The shared keys as people write them: any of them may be left out, within `gate` and `stalledAfter` too. */
const writtenFields = (shared: ReturnType<typeof sharedFields>) =>
  z
    .object({
      ...shared,
      gate: shared.gate.partial().meta({
        description: "What must be true before the previous key is retired.",
        default: {},
        examples: [{ mode: "signals", consumers: [{ name: "render-api", instances: 2 }] }],
      }),
      stalledAfter: shared.stalledAfter.partial().meta({
        description: "How long each phase may last before it is reported stalled.",
        default: {},
        examples: [{ published: "P2D" }],
      }),
    })
    .partial().shape;

export type ConfigurationSchema = ReturnType<typeof configurationSchema>;

/** A secret as people write it: what can be derived may be left out. */
const writtenSecret = (whole: ReturnType<typeof secret>) =>
  whole
    .partial()
    .meta(whole.meta() ?? {})
    .optional();

const writtenAccount = (complete: AccountSchema, written: ReturnType<typeof writtenFields>) =>
  z.strictObject(
    {
      name: complete.shape.name,
      resourceId: complete.shape.resourceId,
      profile: profileName.optional().meta({
        description: "The profile whose values it takes where it gives none of its own.",
        examples: ["standard"],
      }),
      secret: writtenSecret(complete.shape.secret),
      ...written,
    },
    { error: mustBe("an object with at least resourceId") },
  );

const profilesOf = (rules: SchemaOptions, written: ReturnType<typeof writtenFields>) =>
  z
    .record(
      profileName,
      z.strictObject(
        { secret: writtenSecret(profileSecret(rules)), ...written },
        { error: mustBe("an object with members of an account") },
      ),
      { error: mustBe("an object of profiles by name") },
    )
    .optional()
    .meta({
      description: "Named values, for accounts that name a profile and for those whose tag names it.",
      default: {},
      examples: [{ standard: { rotateEvery: "P30D", secret: { name: "{account}-batch-key" } } }],
    });

/** Where accounts are found by a tag, none need be listed. */
const accountsWithoutDiscovery = {
  if: { not: { required: ["discovery"] } },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { required: ["accounts"], properties: { accounts: { type: "array", minItems: 1 } } },
};

/** The whole configuration as people write it: the form of each part, not yet how the parts go together. */
export const configurationSchema = (complete: AccountSchema, rules: SchemaOptions) => {
  const { name: _name, resourceId: _id, secret: _secret, ...shared } = complete.shape;
  const written = writtenFields(shared);
  return z
    .strictObject(
      {
        $schema: z
          .string({ error: mustBe("the address of the JSON Schema") })
          .optional()
          .meta({ description: "The schema, for editors.", examples: ["./rotation.schema.json"] }),
        defaults: z
          .strictObject(written, { error: mustBe("an object") })
          .optional()
          .meta({
            description:
              "Values for every account that does not give its own; gate and stalledAfter are merged key by key.",
            default: {},
            examples: [{ rotateEvery: "P30D" }],
          }),
        profiles: profilesOf(rules, written),
        discovery: discoverySchema(rules).optional(),
        fleet: fleetSchema(rules).optional(),
        accounts: z
          .array(writtenAccount(complete, written), { error: mustBe("a list of accounts") })
          .optional()
          .meta({ description: "The Batch accounts to rotate. Required where there is no discovery." }),
      },
      { error: mustBe("an object with accounts") },
    )
    .meta({
      title: "Batch key rotation",
      description: "The Batch accounts whose keys are rotated, and how.",
      ...accountsWithoutDiscovery,
    });
};
