import * as z from "zod";
import { demandSchema, orderSchema, resumeFleetSchema } from "../../../functions/requests";
import { operatorActions } from "../../../lib/operations/operate-account";
import { standingOrder } from "../../../lib/rotation/attention/who-acts";
import { minutes } from "../../../lib/rotation/time/units";
import { signalSchema } from "../../../lib/signals/signal-schema";
import {
  accountList,
  accountReaders,
  checkedAccount,
  coverage,
  fleetResumed,
  historyPage,
  rotationEvidence,
  signalAnswer,
  verifiedHistory,
} from "./answer-schemas";
import { examples } from "./examples";
import { status } from "./status-schemas";

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly description: string;
  readonly schema: z.ZodType;
}

export interface Content {
  readonly description: string;
  /** Null for an answer without JSON. */
  readonly schema: z.ZodType | null;
  readonly example?: unknown;
  /** Other media types of the same answer. */
  readonly also?: readonly string[];
}

/** One operation; its id is the name of its function, which never changes. */
export interface Operation {
  readonly id: string;
  readonly method: "get" | "post" | "options";
  /** Under `/api`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: { readonly schema: z.ZodType; readonly example: unknown; readonly form?: true };
  /** Its refusals may be pages too. */
  readonly page?: true;
  readonly answers: Readonly<Record<number, Content>>;
  /** Refusals, besides those of every operation. */
  readonly refusals?: Readonly<Record<number, string>>;
}

const account: Parameter = {
  name: "account",
  in: "path",
  description: "The name of an account.",
  schema: z.string(),
};

/** Its sender decides the form, and adds to it. */
const azureEvent = z.looseObject({});

const ofAccount = {
  404: "`UnknownAccount`.",
  409: "The record cannot be read (`RecordCorrupt`), or `DiscoveryProblem`.",
};
const ofBody = {
  400: "`InvalidRequest`: every problem with its place. Nothing was changed.",
  413: "`BodyTooLarge`: more than 16 KiB.",
  415: "`NotJson`.",
};
const preconditions =
  "`phase`, `rotationId` and `secretVersion`, as the status showed them, are preconditions: where one differs, " +
  "nothing is changed.";

const shownStatus = (description: string): Content => ({ description, schema: status, example: examples.status });

const page = (description: string): Content => ({ description, schema: null, also: ["text/html"] });

const pageQuery: readonly Parameter[] = [
  { name: "account", in: "query", description: "Its page; without it, the list.", schema: z.string() },
  { name: "view", in: "query", description: "The page of the fleet.", schema: z.literal("fleet") },
  { name: "filter", in: "query", description: "A part of a name.", schema: z.string().max(200) },
  { name: "state", in: "query", description: "Who must act.", schema: z.enum(standingOrder) },
  { name: "page", in: "query", description: "From 1.", schema: z.int().min(1).default(1) },
  { name: "live", in: "query", description: "The page does not refresh itself.", schema: z.literal("off") },
];
const orderQuery: readonly Parameter[] = [
  { name: "account", in: "query", description: "The account.", schema: z.string() },
  { name: "order", in: "query", description: "What to do.", schema: z.enum(operatorActions) },
];

export const operations: readonly Operation[] = [
  {
    id: "dashboard",
    method: "get",
    path: "/dashboard",
    summary: "A page for people: who must act, in which order, why, and with which command.",
    parameters: [...pageQuery, ...orderQuery.slice(1)],
    answers: { 200: page("The page.") },
    refusals: {
      403: "The form of an order, where the platform has signed no one in.",
      404: "The account or the order is not there.",
    },
    page: true,
  },
  {
    id: "dashboardOrder",
    method: "post",
    path: "/dashboard",
    summary: "An order from the page, by a person whom the platform has signed in.",
    parameters: orderQuery,
    body: {
      schema: z.strictObject({
        token: z.string(),
        reason: z.string(),
        phase: z.string(),
        rotationId: z.string(),
        secretVersion: z.string(),
      }),
      example: {
        token: "kx2f9z1c.3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA0",
        reason: "vm-1 is gone",
        phase: "published",
        rotationId: "01JDF0000000000000000ROTAT",
        secretVersion: "4f2c8a1d9b3e47568a0c2d4e6f81a3b5",
      },
      form: true,
    },
    answers: { 303: { description: "Carried out: to the page of the account.", schema: null } },
    refusals: {
      400: "Without a reason, or one is too long.",
      403: "Not from a form of the page that is at most half an hour old, or not signed in.",
      404: "The account or the order is not there.",
      409: "Refused, with the form to decide again.",
    },
    page: true,
  },
  {
    id: "listAccounts",
    method: "get",
    path: "/accounts",
    summary: "The status of every account.",
    answers: { 200: { description: "Without the consumers.", schema: accountList, example: examples.list } },
  },
  {
    id: "accountStatus",
    method: "get",
    path: "/accounts/{account}",
    summary: "The status of one account.",
    parameters: [account],
    answers: { 200: shownStatus("The status.") },
    refusals: ofAccount,
  },
  {
    id: "checkAccount",
    method: "get",
    path: "/accounts/{account}/check",
    summary: "The preflight: tests every right that a rotation needs, as far as possible without a change.",
    parameters: [account],
    answers: { 200: { description: "What was tested.", schema: checkedAccount, example: examples.check } },
    refusals: ofAccount,
  },
  {
    id: "accountReaders",
    method: "get",
    path: "/accounts/{account}/readers",
    summary: "Who has read which version of the secret, by the vault's audit log.",
    parameters: [account],
    answers: { 200: { description: "As of `through`.", schema: accountReaders, example: examples.readers } },
    refusals: { ...ofAccount, 409: "`NoLogWorkspace`, or `DiscoveryProblem`." },
  },
  {
    id: "accountHistory",
    method: "get",
    path: "/accounts/{account}/history",
    summary: "The events of an account, newest first, or whether they are complete.",
    parameters: [
      account,
      { name: "limit", in: "query", description: "Events of a page.", schema: z.int().min(1).max(500).default(50) },
      { name: "before", in: "query", description: "The `next` of the page before.", schema: z.string() },
      {
        name: "verify",
        in: "query",
        description: "`true`: check the chain of events instead.",
        schema: z.literal("true"),
      },
    ],
    answers: {
      200: {
        description: "A page; with `verify=true` the result of the check.",
        schema: z.union([historyPage, verifiedHistory]),
        example: examples.history,
      },
    },
    refusals: { ...ofAccount, 400: "`InvalidRequest`." },
  },
  {
    id: "rotationRecord",
    method: "get",
    path: "/accounts/{account}/rotations/{rotationId}",
    summary: "One rotation, for an audit.",
    parameters: [account, { name: "rotationId", in: "path", description: "Its id.", schema: z.string() }],
    answers: {
      200: {
        description: "What proved the keys, who confirmed, who decided.",
        schema: rotationEvidence,
        example: examples.evidence,
        also: ["text/plain"],
      },
    },
    refusals: { ...ofAccount, 404: "`UnknownAccount` or `UnknownRotation`." },
  },
  {
    id: "rotateOnDemand",
    method: "post",
    path: "/accounts/{account}/rotations",
    summary: "Starts a rotation now, and takes as many steps as it can at once.",
    description: `For a leaked key, \`retireAfter\` opens the gate so long after publication. ${preconditions}`,
    parameters: [
      account,
      {
        name: "Idempotency-Key",
        in: "header",
        description: "The same key again asks for the same rotation.",
        schema: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/),
      },
    ],
    body: { schema: demandSchema(minutes(1)), example: { reason: "the key was in a log", retireAfter: "PT15M" } },
    answers: {
      200: shownStatus("A dry run: nothing was started."),
      202: shownStatus("Started, or under way already."),
    },
    refusals: {
      ...ofAccount,
      ...ofBody,
      409: "`Paused`, `NotAdopted`, `RotationUnderWay`, `PreconditionFailed` or `Busy`.",
      422: "`IdempotencyKeyReused`.",
    },
  },
  {
    id: "receiveSignal",
    method: "post",
    path: "/accounts/{account}/signals",
    summary: "Receives one report of an instance of an app.",
    parameters: [account],
    body: { schema: signalSchema, example: examples.signal },
    answers: { 202: { description: "Taken.", schema: signalAnswer, example: examples.signalAnswer } },
    refusals: {
      ...ofAccount,
      ...ofBody,
      400: "`InvalidRequest`, `UnknownConsumer`, `ClockSkew` or `UnknownSecretVersion`.",
      403: "`ProofRefused`.",
      429: "`TooManyInstances`.",
    },
  },
  {
    id: "operateAccount",
    method: "post",
    path: "/accounts/{account}/{action}",
    summary: "An operator's action: approve, rollback, pause or resume.",
    description: preconditions,
    parameters: [
      account,
      {
        name: "action",
        in: "path",
        description: "What to do.",
        schema: z.enum(["approve", "rollback", "pause", "resume"]),
      },
    ],
    body: { schema: orderSchema, example: examples.order },
    answers: { 200: shownStatus("Done.") },
    refusals: {
      ...ofAccount,
      ...ofBody,
      404: "`UnknownAccount` or `UnknownAction`.",
      409:
        "`NothingToApprove`, `NothingToRollBack`, `OutcomeUnknown`, `AlreadyPaused`, `NotPaused`, " +
        "`PausedInConfiguration`, `PreconditionFailed` or `Busy`.",
    },
  },
  {
    id: "coverage",
    method: "get",
    path: "/coverage",
    summary: "Batch accounts that no rotator handles, and those on which shared keys could be switched off.",
    answers: { 200: { description: "As of `checkedAt`.", schema: coverage, example: examples.coverage } },
  },
  {
    id: "receiveEvents",
    method: "post",
    path: "/events",
    summary: "Receives events of Azure Event Grid: the accounts that they name are looked at now.",
    description: "Event Grid's schema, or CloudEvents, one or a batch. An event is never believed beyond that.",
    body: { schema: z.union([azureEvent, z.array(azureEvent)]), example: examples.event },
    answers: {
      200: {
        description: "How many were read; or the answer to the handshake of a subscription.",
        schema: z.union([z.object({ received: z.int() }), z.object({ validationResponse: z.string() })]),
        example: { received: 1 },
      },
    },
    refusals: { ...ofBody, 413: "`BodyTooLarge`: more than 1 MiB." },
  },
  {
    id: "receiveEventsHandshake",
    method: "options",
    path: "/events",
    summary: "The handshake of CloudEvents.",
    parameters: [
      { name: "WebHook-Request-Origin", in: "header", description: "Who asks to send events.", schema: z.string() },
    ],
    answers: { 200: { description: "The origin may send.", schema: z.object({}) } },
    refusals: { 400: "`InvalidRequest`." },
  },
  {
    id: "resumeFleet",
    method: "post",
    path: "/fleet/resume",
    summary: "Lets scheduled rotations start again after too many have failed.",
    description:
      "`stoppedUntil`, as `fleetStopped.until` of `GET /accounts` showed it, is a precondition: a failure since then " +
      "changes it.",
    body: {
      schema: resumeFleetSchema,
      example: { reason: "the app of both accounts is corrected", stoppedUntil: "2026-11-23T10:00:00.000Z" },
    },
    answers: { 200: { description: "The fleet goes on.", schema: fleetResumed, example: { stopped: false } } },
    refusals: { ...ofBody, 409: "`FleetNotStopped` or `PreconditionFailed`." },
  },
  {
    id: "openApi",
    method: "get",
    path: "/openapi.json",
    summary: "This description.",
    answers: { 200: { description: "OpenAPI 3.1.", schema: z.looseObject({ openapi: z.string() }) } },
  },
];
