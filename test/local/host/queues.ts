import { setTimeout as wait } from "node:timers/promises";
import type { TypedData } from "./core-module";
import type { QueueMessage, QueueService } from "./queue-service";

/** `extensions.queues` of host.json, with the host's own defaults. */
export interface QueueSettings {
  readonly batchSize: number;
  readonly maxDequeueCount: number;
  readonly visibilitySeconds: number;
}

export interface QueueTrigger {
  readonly queue: string;
  readonly service: QueueService;
  readonly settings: QueueSettings;
  /** One run; rejects where the function fails. */
  readonly run: (input: TypedData, metadata: Readonly<Record<string, TypedData>>) => Promise<unknown>;
  readonly failed: (problem: unknown) => void;
}

/** Shorter than in the host, which waits up to a minute between two polls. */
const pollMs = 200;
/** While a function runs; the host renews it. */
const hiddenSeconds = 600;

/** Polls the queue and runs the function for each message. Returns a function that stops it. */
export const startQueueTrigger = (trigger: QueueTrigger): (() => void) => {
  const stopped = new AbortController();
  const poll = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        const messages = await trigger.service.get(trigger.queue, trigger.settings.batchSize, hiddenSeconds);
        await Promise.all(messages.map((message) => runFor(trigger, message)));
      } catch (problem) {
        if (!stopped.signal.aborted) trigger.failed(problem);
      }
      await wait(pollMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  void poll();
  return () => stopped.abort();
};

/** A message that has failed too often goes to the queue of its name with `-poison`. */
const runFor = async (
  { queue, service, settings, run, failed }: QueueTrigger,
  message: QueueMessage,
): Promise<void> => {
  const metadata = { id: { string: message.id }, dequeueCount: { int: message.dequeueCount } };
  try {
    await run({ string: message.text }, metadata);
  } catch (problem) {
    failed(problem);
    if (message.dequeueCount < settings.maxDequeueCount)
      return service.giveBack(queue, message, settings.visibilitySeconds);
    await service.put(`${queue}-poison`, message.text);
  }
  await service.delete(queue, message);
};

/** The messages of an output binding: one for each item of an array, else one. */
const messagesOf = (data: TypedData): readonly string[] => {
  if (typeof data.json !== "string") return typeof data.string === "string" ? [data.string] : [];
  const value: unknown = JSON.parse(data.json);
  return (Array.isArray(value) ? value : [value]).map((item) =>
    typeof item === "string" ? item : JSON.stringify(item),
  );
};

/** Sends what a function has set for an output binding. */
export const sendOutput = async (service: QueueService | null, queue: string, data: TypedData): Promise<void> => {
  if (service === null) throw new Error(`there is no queue ${queue}: the connection string names no queue endpoint`);
  for (const text of messagesOf(data)) await service.put(queue, text);
};
