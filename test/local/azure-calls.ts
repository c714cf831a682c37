import type { Journal, JournalEntry } from "../emulators/journal";
import { type ServiceName, serviceOf } from "../emulators/routes";

export interface AzureCalls {
  /** Calls of the rotator, by service. */
  rotator(): Readonly<Record<ServiceName, number>>;
  /** Calls of the consumers, by service. */
  consumers(): Readonly<Record<ServiceName, number>>;
  stop(): void;
}

const none = (): Record<ServiceName, number> => ({
  arm: 0,
  batch: 0,
  vault: 0,
  logs: 0,
  identity: 0,
  kubernetes: 0,
  tables: 0,
});

/** Counts the requests to the emulators. Consumers prefix their request ids with their name. */
export const countAzureCalls = (journal: Journal, consumerNames: readonly string[]): AzureCalls => {
  const [ofRotator, ofConsumers] = [none(), none()];
  const isConsumers = ({ clientRequestId }: JournalEntry): boolean =>
    consumerNames.some((name) => clientRequestId?.startsWith(`${name}/`) === true);
  const stop = journal.onRequest((entry) => {
    (isConsumers(entry) ? ofConsumers : ofRotator)[serviceOf(entry.route)] += 1;
  });
  return { rotator: () => ofRotator, consumers: () => ofConsumers, stop };
};
