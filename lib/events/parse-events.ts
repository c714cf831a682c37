import * as z from "zod";
import { freeText } from "../outgoing/redact";
import type { Parsed } from "../parsed";
import type { KeyOperation } from "../rotation/key-events";

/** One event that this app knows, in its sender's words. */
export type AzureEvent =
  | { readonly kind: "regenerated" | "listed"; readonly resourceId: string; readonly operation: SentOperation }
  | { readonly kind: "versionAdded" | "versionExpires"; readonly secret: NamedSecret };

/** The identity is null where the event names none. */
type SentOperation = Omit<KeyOperation, "identity"> & { readonly identity: string | null };

export interface NamedSecret {
  /** Host of the vault, and its port where it has one; null where the event has no address. */
  readonly host: string | null;
  readonly vaultName: string;
  readonly name: string;
  readonly version: string;
}

export interface EventBatch {
  readonly events: readonly AzureEvent[];
  /** How many elements of the batch cannot be read. The others count all the same. */
  readonly unreadable: number;
}

/** The code that proves to Event Grid that this endpoint wants its events. */
interface Validation {
  readonly validationCode: string;
}

const textOf = (most: number) =>
  z
    .string()
    // A key is searched before the text is cut: a part of it would not be found.
    .transform((text) => freeText(text).slice(0, most).trim())
    .transform((text) => (text === "" ? null : text));

/** Whatever is wrong with what is only shown, the event counts. */
const shown = (most: number) => textOf(most).nullable().catch(null).default(null);

/** Older topics send these objects as text. */
const maybeJson = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => {
    if (typeof value !== "string") return value;
    try {
      return JSON.parse(value);
    } catch {
      return null;
    }
  }, schema);

const objectId = "http://schemas.microsoft.com/identity/claims/objectidentifier";
const upn = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
const fullName = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name";

const identity = z
  .guid()
  .transform((id) => id.toLowerCase())
  .nullable()
  .catch(null)
  .default(null);

const claimsSchema = z.object({
  [objectId]: identity,
  oid: identity,
  appid: identity,
  [upn]: shown(100),
  [fullName]: shown(100),
  name: shown(100),
  ipaddr: shown(64),
});

const nothing = {};
const lenient = <T extends z.ZodType>(schema: T) => maybeJson(z.preprocess((value) => value ?? nothing, schema));

const actionSchema = z.object({
  operationName: z.string().max(200),
  resourceUri: z.string().max(1_000).optional(),
  claims: lenient(claimsSchema.catch(() => claimsSchema.parse(nothing))),
  authorization: lenient(
    z.object({ evidence: z.object({ role: shown(100) }).catch({ role: null }) }).catch({ evidence: { role: null } }),
  ),
  httpRequest: lenient(z.object({ clientIpAddress: shown(64) }).catch({ clientIpAddress: null })),
});

const secretSchema = z.object({
  Id: z.string().max(1_000).optional(),
  VaultName: z.string().max(200),
  ObjectName: z.string().max(200),
  Version: z.string().max(200),
});

/** Event Grid's own schema, or CloudEvents 1.0. */
const envelopeSchema = z.union([
  z.object({ eventType: z.string(), id: shown(100), eventTime: z.string(), subject: z.string(), data: z.unknown() }),
  z
    .object({
      specversion: z.literal("1.0"),
      type: z.string(),
      id: shown(100),
      time: z.string(),
      subject: z.string().default(""),
      data: z.unknown(),
    })
    .transform(({ type, time, ...event }) => ({ ...event, eventType: type, eventTime: time })),
]);

type Envelope = z.output<typeof envelopeSchema>;

/** A sender may name what every object of JavaScript has, so this is no object. */
const actions: ReadonlyMap<string, "regenerated" | "listed"> = new Map([
  ["microsoft.batch/batchaccounts/regeneratekeys/action", "regenerated"],
  ["microsoft.batch/batchaccounts/listkeys/action", "listed"],
]);

/** The account's own part of an id that may go on with the action. */
const accountIdIn = (text: string): string | null =>
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Batch\/batchAccounts\/[^/]+/i.exec(
    text,
  )?.[0] ?? null;

/** Null for the event of another operation or resource. Throws for one that cannot be read. */
const actionIn = (event: Envelope, now: Date): AzureEvent | null => {
  const data = actionSchema.parse(event.data);
  const kind = actions.get(data.operationName.toLowerCase());
  const resourceId = accountIdIn(data.resourceUri ?? "") ?? accountIdIn(event.subject);
  if (kind === undefined || resourceId === null) return null;
  const { claims } = data;
  const operation = {
    at: instantOf(event.eventTime, now),
    identity: claims[objectId] ?? claims.oid,
    name:
      claims[upn] ?? claims[fullName] ?? claims.name ?? (claims.appid === null ? null : `application ${claims.appid}`),
    role: data.authorization.evidence.role,
    address: data.httpRequest.clientIpAddress ?? claims.ipaddr,
  };
  return { kind, resourceId, operation: { ...operation, id: event.id ?? operation.at } };
};

/** No event is from the future: such a one would count for every later repair. */
const instantOf = (text: string, now: Date): string => {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new RangeError("no instant");
  return new Date(Math.min(at.getTime(), now.getTime())).toISOString();
};

const secretIn = (kind: "versionAdded" | "versionExpires", event: Envelope): AzureEvent => {
  const { Id: id, VaultName: vaultName, ObjectName: name, Version: version } = secretSchema.parse(event.data);
  const host = id !== undefined && URL.canParse(id) ? new URL(id).host : null;
  return { kind, secret: { host, vaultName, name, version } };
};

const validationType = "Microsoft.EventGrid.SubscriptionValidationEvent";

type ReadEvent = (event: Envelope, now: Date) => AzureEvent | null;

const noCode: ReadEvent = () => {
  throw new RangeError("no code");
};

const readers: ReadonlyMap<string, ReadEvent> = new Map([
  ["microsoft.resources.resourceactionsuccess", actionIn],
  ["microsoft.keyvault.secretnewversioncreated", (event) => secretIn("versionAdded", event)],
  ["microsoft.keyvault.secretnearexpiry", (event) => secretIn("versionExpires", event)],
  ["microsoft.keyvault.secretexpired", (event) => secretIn("versionExpires", event)],
  // One with a code has been answered.
  [validationType.toLowerCase(), noCode],
]);

const validationSchema = z.object({
  eventType: z.literal(validationType),
  data: z.object({ validationCode: z.string().regex(/^[\w-]{1,200}$/) }),
});

/** The body of one delivery: one event or an array of them. Events of other types are left out. */
export const parseEvents = (body: unknown, now: Date): Parsed<EventBatch | Validation> => {
  const elements: readonly unknown[] = Array.isArray(body) ? body : [body];
  const validation = validationSchema.safeParse(elements[0]);
  if (validation.success) return { kind: "valid", value: validation.data.data };
  if (elements.length > maxEvents) return { kind: "invalid", problems: [tooMany] };
  const read = elements.map((element) => readOne(element, now));
  const unreadable = read.filter((event) => event === "unreadable").length;
  if (elements.length > 0 && unreadable === elements.length) return { kind: "invalid", problems: [noEvent] };
  const events = read.filter((event) => event !== null && event !== "unreadable");
  return { kind: "valid", value: { events, unreadable } };
};

/** As many as Event Grid sends at once, at most. A body of 1 MiB can hold 350,000, which take seconds to read. */
const maxEvents = 5_000;

const tooMany = { at: "", problem: `may have at most ${maxEvents} events` };

const noEvent = {
  at: "",
  problem: "must be an event, or an array of events, in Event Grid's schema or as CloudEvents 1.0",
};

const readOne = (element: unknown, now: Date): AzureEvent | "unreadable" | null => {
  const envelope = envelopeSchema.safeParse(element);
  if (!envelope.success) return "unreadable";
  const read = readers.get(envelope.data.eventType.toLowerCase());
  if (read === undefined) return null;
  try {
    return read(envelope.data, now);
  } catch {
    return "unreadable";
  }
};
