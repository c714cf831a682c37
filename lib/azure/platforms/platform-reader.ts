import type { SubscriptionArmOptions } from "../sdk/arm-options";
import * as z from "zod";
import type { CallOptions } from "../../ports/call";
import { seconds } from "../../rotation/time/units";
import { loadOnce } from "../sdk/load-once";
import { noRetries, readingRetries, withDeadline } from "../sdk/pipeline";
import { platformRefusal } from "../sdk/failures/refusals";
import { callSdk, malformedAnswer, type SdkCall } from "../sdk/failures/service-errors";
import type { ArmRequest } from "./arm-requests";

/** A request: what it is called in an error, and the right that it needs. */
export interface PlatformRequest extends ArmRequest {
  readonly operation: string;
  readonly action: string;
  /** The resource that the right is on. */
  readonly resourceId: string;
}

const maxCallMs = seconds(30);
/** A list that does not end says nothing. */
const maxPages = 50;

/** A request that reads. */
export type PlatformRead = PlatformRequest;

/** Asks platforms through Resource Manager. An answer of another form is an error: it shows nothing. */
export class PlatformReader {
  readonly #open;
  readonly #openOnce;

  constructor(options: SubscriptionArmOptions) {
    this.#open = loadOnce(async () => (await import("./arm-requests")).openArm(options, readingRetries));
    this.#openOnce = loadOnce(async () => (await import("./arm-requests")).openArm(options, noRetries));
  }

  /** A request that changes something. It is sent once. */
  async change<T>(request: PlatformRequest, schema: z.ZodType<T>, { signal }: CallOptions, maxMs: number): Promise<T> {
    const { operation, action, resourceId } = request;
    const call: SdkCall = { operation, effect: "change", refusal: platformRefusal(resourceId, action) };
    const send = async () => (await this.#openOnce())(request, withDeadline(signal, maxMs));
    const parsed = schema.safeParse(await callSdk(call, signal, send));
    if (!parsed.success) throw malformedAnswer(operation);
    return parsed.data;
  }

  async read<T>(read: PlatformRead, schema: z.ZodType<T>, { signal }: CallOptions): Promise<T> {
    const { operation, action, resourceId } = read;
    const call: SdkCall = { operation, effect: "read", refusal: platformRefusal(resourceId, action) };
    const answer = await callSdk(call, signal, async () => (await this.#open())(read, withDeadline(signal, maxCallMs)));
    const parsed = schema.safeParse(answer);
    if (!parsed.success) throw malformedAnswer(operation);
    return parsed.data;
  }

  /** All pages of a list. */
  async list<T>(first: PlatformRead, item: z.ZodType<T>, options: CallOptions): Promise<readonly T[]> {
    const schema = z.object({ value: z.array(item), nextLink: z.string().nullish() });
    const found: T[] = [];
    let read = first;
    for (let page = 1; page <= maxPages; page += 1) {
      const { value, nextLink } = await this.read(read, schema, options);
      found.push(...value);
      if (!nextLink) return found;
      read = { ...first, path: nextLink };
    }
    throw malformedAnswer(first.operation);
  }
}
