import type { AccountConfig } from "../../rotation/account-config";
import { unknownReaderFault } from "../../rotation/gate/readers";
import type { ReadersSeen } from "../../rotation/gate/readers-seen";
import { asConfiguration, suggestedConsumers } from "../../rotation/gate/suggested-consumers";
import { bad, type Check, good, untried, warning } from "./checks";

const off = "the vault's audit log is not asked, as ROTATION_LOG_WORKSPACE_ID is not set";

/** Where no workspace is named. What the configuration asks of the log has no effect then. */
export const unreadChecks = ({ gate }: AccountConfig): readonly Check[] => {
  const asks = gate.consumers.some(({ identity }) => identity !== undefined) || gate.unknownReaders === "hold";
  const remedy =
    "set ROTATION_LOG_WORKSPACE_ID, or take identity out of the consumers and unknownReaders out of the gate";
  return [
    asks
      ? warning("auditLog", `${off}: identity and unknownReaders of the gate say nothing`, remedy)
      : untried("auditLog", off),
  ];
};

const plural = (count: number, one: string, many: string): string => (count === 1 ? `1 ${one}` : `${count} ${many}`);

export const auditLogCheck = (seen: ReadersSeen | null): Check => {
  if (seen === null || seen.through === null)
    return untried("auditLog", `the vault's audit log: ${seen?.problem ?? "nothing is known yet"}`);
  const { readers, omitted, incomplete, problem, through } = seen;
  const identities = new Set(readers.map(({ identity }) => identity)).size;
  const count = `${plural(identities, "identity has", "identities have")} read the secret, through ${through}`;
  if (problem !== null) return bad("auditLog", `${count}; asked last at ${seen.askedAt}: ${problem}`, waitRemedy);
  const more = omitted > 0 ? "; there are more, which are not kept" : "";
  return incomplete === null
    ? good("auditLog", `${count}${more}`)
    : warning("auditLog", `${count}${more}: ${incomplete}`, waitRemedy);
};

const waitRemedy = "check again in 15 minutes, which is when the log is asked next";

/** Those who read the secret and are no configured consumers, and the consumers that they would make. */
export const readersChecks = ({ gate }: AccountConfig, seen: ReadersSeen, now: Date): readonly Check[] => {
  const found = unknownReaderFault(gate, seen, now);
  if (found === null) return [];
  const suggested = asConfiguration(suggestedConsumers(gate, seen, now));
  return [
    warning(
      "readers",
      found.detail,
      "add those that are apps to gate.consumers, with instances and proof as docs/consumers.md says, or give their " +
        `identity to the consumers that they are: ${suggested}`,
    ),
  ];
};
