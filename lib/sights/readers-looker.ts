import type { CallOptions } from "../ports/call";
import type { Ports } from "../ports/ports";
import type { EventDraft } from "../rotation/events/events";
import { mayAskReaders } from "../rotation/gate/readers";
import type { ReadersSeen } from "../rotation/gate/readers-seen";
import { asConfiguration, suggestedConsumers } from "../rotation/gate/suggested-consumers";
import { askReaders } from "./ask-readers";
import type { Looker, LookInput } from "./looker";

export type ReaderPorts = Pick<Ports, "signals" | "permissions" | "clock" | "auditLog">;

/** Asks the vault's audit log while an account waits at its gate. */
export const readersLooker = (ports: ReaderPorts): readonly Looker[] => {
  const { auditLog } = ports;
  if (auditLog === null) return [];
  return [
    {
      kind: "readers",
      isDue: ({ sightings, now }) => mayAskReaders(sightings.readers, now),
      look: async (input: LookInput, call: () => CallOptions) => {
        const asked = await askReaders(ports, auditLog, input.config, call);
        const isFirst = (input.sightings.readers?.through ?? null) === null;
        return asked !== null && isFirst && input.state.phase === "adopting" ? [found(input, asked.seen)] : [];
      },
    },
  ];
};

/** Readers that the history names, at most. */
const maxNamed = 30;

/** At adoption: who has read the secret, and which consumers that would make. */
const found = ({ config, now }: LookInput, seen: ReadersSeen): EventDraft => {
  const { readers, omitted, incomplete } = seen;
  const identities = new Set(readers.map(({ identity }) => identity));
  const suggested = suggestedConsumers(config.gate, seen, now);
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
