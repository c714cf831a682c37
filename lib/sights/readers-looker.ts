import type { CallOptions } from "../ports/call";
import type { Ports } from "../ports/ports";
import { mayAskReaders } from "../rotation/gate/readers";
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
      look: async ({ config }: LookInput, call: () => CallOptions) => {
        await askReaders(ports, auditLog, config, call);
      },
    },
  ];
};
