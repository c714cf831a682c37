import type { AccountConfig } from "../account-config";
import type { EventDraft } from "../events/events";
import type { ReadersSeen } from "./readers-seen";
import { asConfiguration, suggestedConsumers } from "./suggested-consumers";

/** Readers that the history names, at most. */
const maxNamed = 30;

/** At adoption: who has read the secret, and which consumers that would make. */
export const readersFound = ({ gate }: AccountConfig, seen: ReadersSeen, now: Date): EventDraft => {
  const { readers, omitted, incomplete } = seen;
  const identities = new Set(readers.map(({ identity }) => identity));
  const suggested = suggestedConsumers(gate, seen, now);
  const more = omitted > 0 || incomplete !== null ? ", and there are more" : "";
  const paste =
    suggested.length === 0
      ? "each that has read it in the last 30 days is a configured consumer"
      : `those of the last 30 days that are no configured consumers, for gate.consumers: ${asConfiguration(suggested)}`;
  return {
    event: "ReadersFound",
    detail: `${identities.size} identities have read the secret by the vault's audit log${more}; ${paste}`,
    evidence: {
      readers: readers.slice(0, maxNamed).map(({ identity, resource, version, lastAt }) => ({
        identity,
        resource,
        version,
        lastAt,
      })),
    },
  };
};
