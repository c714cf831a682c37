import { randomUUID } from "node:crypto";
import { aKeyOperation, asCloudEvent, aSecretEvent } from "../builders/azure-event";
import { deliveriesOf, reliable, type Unreliability } from "./event-deliveries";

export type GridEvent = ReturnType<typeof aKeyOperation> | ReturnType<typeof aSecretEvent>;

export interface Subscription {
  readonly name: string;
  /** The webhook, with its key. */
  readonly url: string;
  readonly schema: "EventGridSchema" | "CloudEventSchemaV1_0";
  readonly eventTypes: readonly string[];
  /** The advanced filter on `data.operationName`; compared without case. Null: none. */
  readonly operations: readonly string[] | null;
}

/** As the service waits: a webhook gets no second longer. */
const answerMs = 30_000;
/** Answers that another try does not change: to the dead letters at once. */
const final = new Set([400, 401, 403, 413]);

export interface EventGridOptions {
  readonly now?: () => Date;
  readonly random?: () => number;
  /** The pauses before each further try; after the last one the event is a dead letter. Milliseconds. */
  readonly retryMs?: readonly number[];
}

/** Who does something manually, and from where. */
export interface Person {
  readonly oid: string;
  readonly name: string;
  readonly role?: string;
  readonly address?: string;
}

/** Event Grid: topics of a subscription and of vaults, whose events go to webhooks. */
export class EventGrid {
  readonly #subscriptions: Subscription[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #sending = new Set<Promise<void>>();
  readonly #options: Required<EventGridOptions>;
  unreliability: Unreliability = reliable;
  /** The last thousand. */
  readonly published: GridEvent[] = [];
  readonly deadLetters: GridEvent[] = [];
  /** The answers of the webhooks, in order; null for none. */
  readonly answers: (number | null)[] = [];

  constructor(options: EventGridOptions = {}) {
    this.#options = { now: () => new Date(), random: Math.random, retryMs: [10_000, 30_000, 60_000], ...options };
  }

  /** Creates an event subscription: the endpoint must prove at once that it wants the events. */
  async subscribe(subscription: Subscription): Promise<void> {
    const proven =
      subscription.schema === "EventGridSchema" ? await validated(subscription) : await allowed(subscription);
    if (!proven) throw new Error(`the webhook of event subscription ${subscription.name} failed its handshake`);
    this.#subscriptions.push(subscription);
  }

  /** A key operation of Resource Manager that succeeded. */
  keyOperation(resourceId: string, operation: "regenerateKeys" | "listKeys", { oid, ...person }: Person): void {
    this.publish(aKeyOperation({ resourceId, operation, oid, ...person, id: randomUUID(), at: this.#now() }));
  }

  /** A version that was added to a secret. */
  versionAdded(vaultUrl: string, name: string, version: string): void {
    this.publish(aSecretEvent({ vaultUrl, name, version, at: this.#now() }));
  }

  publish(event: GridEvent): void {
    if (this.published.push(event) > 1_000) this.published.shift();
    for (const subscription of this.#subscriptions.filter((each) => wants(each, event))) {
      for (const delay of deliveriesOf({ next: this.#options.random }, this.unreliability))
        this.#later(delay, () => this.#deliver(subscription, event, 0));
    }
  }

  /** Ends all deliveries. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    await Promise.allSettled(this.#sending);
  }

  async #deliver(subscription: Subscription, event: GridEvent, tries: number): Promise<void> {
    const status = await post(subscription, event, tries);
    if (this.answers.push(status) > 1_000) this.answers.shift();
    if (status !== null && status >= 200 && status < 300) return;
    const pause = this.#options.retryMs[tries];
    if (pause === undefined || (status !== null && final.has(status))) this.deadLetters.push(event);
    else this.#later(pause, () => this.#deliver(subscription, event, tries + 1));
  }

  #later(ms: number, run: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const sending = run().finally(() => this.#sending.delete(sending));
      this.#sending.add(sending);
    }, ms);
    this.#timers.add(timer);
  }

  #now(): string {
    return this.#options.now().toISOString();
  }
}

const wants = ({ eventTypes, operations }: Subscription, { eventType, data }: GridEvent): boolean => {
  if (!eventTypes.includes(eventType)) return false;
  if (operations === null || !("operationName" in data)) return operations === null;
  return operations.some((operation) => operation.toLowerCase() === data.operationName.toLowerCase());
};

const send = async (url: string, method: string, headers: Record<string, string>, body?: unknown): Promise<Response> =>
  fetch(url, {
    method,
    headers: body === undefined ? headers : { "content-type": "application/json; charset=utf-8", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(answerMs),
  });

const validated = async ({ url, name }: Subscription): Promise<boolean> => {
  const validationCode = randomUUID().toUpperCase();
  const event = {
    id: randomUUID(),
    topic: "/subscriptions/00000000-0000-4000-8000-000000000001",
    subject: "",
    data: { validationCode, validationUrl: "https://rp-westeurope.eventgrid.azure.net:553/eventsubscriptions/x" },
    eventType: "Microsoft.EventGrid.SubscriptionValidationEvent",
    eventTime: new Date().toISOString(),
    metadataVersion: "1",
    dataVersion: "2",
  };
  const headers = { "aeg-event-type": "SubscriptionValidation", "aeg-subscription-name": name.toUpperCase() };
  const answer = await send(url, "POST", headers, [event]);
  const body: { readonly validationResponse?: unknown } = JSON.parse((await answer.text()) || "{}");
  return answer.status === 200 && body.validationResponse === validationCode;
};

const allowed = async ({ url }: Subscription): Promise<boolean> => {
  const origin = "eventgrid.azure.net";
  const answer = await send(url, "OPTIONS", { "WebHook-Request-Origin": origin });
  await answer.arrayBuffer();
  return answer.status === 200 && [origin, "*"].includes(answer.headers.get("WebHook-Allowed-Origin") ?? "");
};

/** The status of the answer; null for none in time. */
const post = async ({ url, name, schema }: Subscription, event: GridEvent, tries: number): Promise<number | null> => {
  const headers = {
    "aeg-event-type": "Notification",
    "aeg-subscription-name": name.toUpperCase(),
    "aeg-delivery-count": String(tries),
    ...(schema === "EventGridSchema" ? {} : { "content-type": "application/cloudevents+json; charset=utf-8" }),
  };
  try {
    const answer = await send(url, "POST", headers, schema === "EventGridSchema" ? [event] : asCloudEvent(event));
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return null;
  }
};

/** The subscriptions that the templates make: one of each topic. */
export const subscriptionsOf = (url: string): readonly Subscription[] => [
  {
    name: "batch-keys",
    url,
    schema: "EventGridSchema",
    eventTypes: ["Microsoft.Resources.ResourceActionSuccess"],
    operations: [
      "Microsoft.Batch/batchAccounts/regenerateKeys/action",
      "Microsoft.Batch/batchAccounts/listKeys/action",
    ],
  },
  {
    name: "batch-secrets",
    url,
    schema: "CloudEventSchemaV1_0",
    eventTypes: ["SecretNewVersionCreated", "SecretNearExpiry", "SecretExpired"].map((t) => `Microsoft.KeyVault.${t}`),
    operations: null,
  },
];
