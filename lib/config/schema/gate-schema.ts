import * as z from "zod";
import { builtIn } from "./defaults";
import { duration, mustBe, oneOf, type SchemaOptions, text, withBounds } from "./field-types";
import { grades } from "../../rotation/gate/grades";
import { platform } from "./platform-schema";
import { hasUserInfo, isSecure, parseUrl } from "../urls";

const isHealthUrl = (value: string, emulated: boolean): boolean => {
  const url = parseUrl(value);
  return url !== null && isSecure(url, emulated) && !hasUserInfo(url);
};

const healthUrl = ({ emulated }: SchemaOptions) => {
  const form = "an https URL without user name and password (http to this machine with ROTATION_EMULATED), or null";
  return text(form, /^https?:\/\/\S+$/).refine((value) => isHealthUrl(value, emulated), { error: mustBe(form) });
};

const consumerName = text("1 to 64 of a-z, A-Z, 0-9, ., _ and -", /^[A-Za-z0-9._-]{1,64}$/).meta({
  description: "The consumer's name in its signals; unique within the account.",
  examples: ["render-api"],
});

const identityForm = "the object id of an identity, a GUID, or null";

const consumer = (rules: SchemaOptions) =>
  z.strictObject(
    {
      name: consumerName,
      instances: z
        .int({ error: mustBe("a whole number from 0 to 1000") })
        .min(0, { error: mustBe("a whole number from 0 to 1000") })
        .max(1000, { error: mustBe("a whole number from 0 to 1000") })
        .default(1)
        .meta({
          description: "How many instances must be known and good. 0: none has to run, as with commands that end.",
          examples: [2],
        }),
      proof: oneOf(["optional", "required"])
        .default("optional")
        .meta({
          description: "Whether a signal counts only with a proof that the instance holds the key.",
          examples: ["required"],
        }),
      healthUrl: healthUrl(rules)
        .nullable()
        .default(null)
        .meta({
          description: "Where to ask for health; null when the app posts its signals.",
          examples: ["https://render-api.example.com/batch-key-health"],
        }),
      identity: text(identityForm, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i)
        .nullable()
        .default(null)
        .meta({
          description:
            "Object id of the identity with which it reads the secret: while it last read an older version, by the " +
            "vault's audit log, the gate stays shut.",
          examples: ["0b7c1a2d-3e4f-4a5b-8c6d-7e8f9a0b1c2d"],
        }),
      platform,
    },
    { error: mustBe("an object with at least a name") },
  );

export const gateFields = (rules: SchemaOptions, shortestMs: number) => ({
  mode: oneOf(["signals", "approval", "delay"]).meta({
    description: "What opens the gate: the consumers' signals, or besides them a person's yes, or a wait.",
    default: builtIn.gate.mode,
    examples: ["approval"],
  }),
  consumers: z.array(consumer(rules), { error: mustBe("a list of consumers") }).meta({
    description: "The apps that use the secret; at least one in mode signals.",
    default: [],
    examples: [[{ name: "render-api", instances: 2, proof: "required" }]],
  }),
  soak: duration(0).meta({
    description: withBounds("How long all consumers must be good without a break.", 0),
    default: builtIn.gate.soak,
    examples: ["PT0S"],
  }),
  signalFreshness: duration(shortestMs).meta({
    description: withBounds(
      "A signal older than this says nothing. With a healthUrl and a soak: longer than the time between two runs.",
      shortestMs,
    ),
    default: builtIn.gate.signalFreshness,
    examples: ["PT5M"],
  }),
  forgetInstanceAfter: duration(shortestMs).meta({
    description: withBounds(
      "An instance silent for so long has gone; until then it counts. Not shorter than signalFreshness.",
      shortestMs,
    ),
    default: builtIn.gate.forgetInstanceAfter,
    examples: ["PT2H"],
  }),
  delay: duration(shortestMs)
    .nullable()
    .meta({
      description: withBounds(
        "Mode delay: how long to wait after publication; at adoption, after the rotator first saw the version.",
        shortestMs,
      ),
      default: null,
      examples: ["P7D"],
    }),
  searchAccount: z
    .boolean({ error: mustBe("true or false") })
    .optional()
    .meta({
      description:
        "Whether pools, jobs, job schedules and tasks are searched for copies of the key that dies next; a copy " +
        "shuts the gate. Default: true where probe is dataPlane, and only possible there.",
      examples: [false],
    }),
  rollbackWhenUnhealthyFor: duration(shortestMs)
    .nullable()
    .meta({
      description: withBounds(
        "Roll back by itself when a consumer has been unhealthy for so long; null: never.",
        shortestMs,
      ),
      default: null,
      examples: ["PT30M"],
    }),
  leastEvidence: oneOf(grades).meta({
    description:
      "The weakest evidence that a consumer's good state may rest on. proof: each of its instances has signed its " +
      "report; report: each has reported; platform: its platform shows it; log: the vault's audit log shows it.",
    default: builtIn.gate.leastEvidence,
    examples: ["report"],
  }),
  unknownReaders: oneOf(["report", "hold"]).meta({
    description:
      "What a reader of the secret that is no configured consumer does, by the vault's audit log: it is reported, or " +
      "it also keeps the gate shut.",
    default: builtIn.gate.unknownReaders,
    examples: ["hold"],
  }),
});
