import * as z from "zod";
import { type Parsed, parsed } from "../parsed";

/** A signal as it was sent and found well formed. `at` is any ISO 8601 instant; the proof signs it as it stands. */
export interface SignalBody {
  readonly consumer: string;
  readonly instance: string;
  readonly secretVersion: string;
  readonly healthy: boolean;
  /** The instance has ended. */
  readonly leaving: boolean;
  readonly at: string;
  readonly detail: string | null;
  readonly proof: string | null;
}

const consumerName = z
  .string("must be a text")
  .regex(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -");

/** Longer, because platforms issue it: the id of a Batch node has more than 72 characters. */
const instanceName = z
  .string("must be a text")
  .regex(/^[A-Za-z0-9._-]{1,128}$/, "must be 1 to 128 of the characters A-Z a-z 0-9 . _ -");

export const signalSchema = z.strictObject({
  consumer: consumerName,
  instance: instanceName.default("default"),
  secretVersion: z
    .string("must be a text")
    .regex(
      /^[0-9a-f]{32}$/,
      "must be the version id that the vault returned with the key: 32 lower-case hexadecimal digits",
    ),
  healthy: z.boolean("must be true or false"),
  leaving: z.boolean("must be true or false").default(false),
  at: z.iso.datetime({ offset: true, error: "must be an instant such as 2026-11-22T10:00:00Z" }),
  detail: z.string("must be a text").max(500, "must have at most 500 characters").nullable().default(null),
  proof: z
    .string("must be a text")
    .regex(/^[A-Za-z0-9+/]{43}=$/, "must be the base64 of an HMAC-SHA256 (44 characters)")
    .nullable()
    .default(null),
});

export const parseSignal = (body: unknown): Parsed<SignalBody> => parsed(signalSchema.safeParse(body));

/**
 * One signal of an answer to a health request: `at` may be absent, because its proof signs the nonce. An instance that
 * answers has not ended.
 */
export type PulledSignal = Omit<SignalBody, "at"> & { readonly at: string | null };

const pulledSchema = signalSchema.extend({
  at: signalSchema.shape.at.nullable().default(null),
  leaving: z.literal(false, { error: "must be absent: an instance that answers has not ended" }).default(false),
});
const onePulled = pulledSchema.transform((one) => [one]);
const manyPulled = z
  .array(pulledSchema)
  .min(1, "must hold at least one signal")
  .max(1000, "may hold at most 1000 signals");

/** One signal or an array of them; the problems refer to the form that was sent. */
export const parseHealthAnswer = (body: unknown): Parsed<readonly PulledSignal[]> =>
  Array.isArray(body) ? parsed(manyPulled.safeParse(body)) : parsed(onePulled.safeParse(body));
