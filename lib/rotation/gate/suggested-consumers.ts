import type { GateConfig } from "../account-config";
import { unknownReaders } from "./readers";
import type { ReadersSeen, ReaderSeen } from "./readers-seen";

/** As it stands in the configuration. */
interface SuggestedConsumer {
  readonly name: string;
  readonly identity: string;
}

/** More than an account has, as a rule, and what a person can look through. */
const maxSuggested = 30;

/** Of the resource that reads; else of the identity. */
const nameOf = ({ resource, identity }: ReaderSeen): string => {
  const name = (resource ?? "").replace(/^.*\//, "");
  return name.replaceAll(/[^A-Za-z0-9._-]/g, "-").slice(0, 50) || `reader-${identity.slice(0, 8)}`;
};

const isIdentity = ({ identity }: ReaderSeen): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(identity);

/** A consumer for each reader of the last 30 days that is none yet. */
export const suggestedConsumers = (
  gate: Pick<GateConfig, "consumers">,
  readers: ReadersSeen | null,
  now: Date,
): readonly SuggestedConsumer[] => {
  const taken = new Set(gate.consumers.map(({ name }) => name));
  const unknown = unknownReaders(gate, readers, now).filter(isIdentity).slice(0, maxSuggested);
  return unknown.map((reader) => {
    const wanted = nameOf(reader);
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted}-${number}`;
    taken.add(name);
    return { name, identity: reader.identity };
  });
};

/** To be pasted into `gate.consumers`, one line for each. */
export const asConfiguration = (consumers: readonly SuggestedConsumer[]): string =>
  consumers.map(({ name, identity }) => `{ "name": "${name}", "identity": "${identity}" }`).join(",\n");
