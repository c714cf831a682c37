import { type AccountDirectory, ExplicitAccounts } from "../../lib/account-directory";
import type { App } from "../../lib/app";
import { EventMemory } from "../../lib/events/event-memory";
import type { AccountConfig } from "../../lib/rotation/account-config";
import { noFleetLimits } from "../../lib/rotation/fleet/fleet-config";
import { AttentionCache } from "../../lib/page/model/attention-cache";
import { InstanceCounts } from "../../lib/signals/instance-counts";
import { RefusedProofLimiter } from "../../lib/signals/refused-proof-limiter";
import { ReportCache } from "../../lib/signals/report-cache";
import { VersionCache } from "../../lib/signals/version-cache";

type Parts = Pick<App, "ports" | "limits"> &
  Partial<Pick<App, "emulated" | "unresolved" | "fleet" | "lookers">> & {
    readonly accounts: readonly AccountConfig[];
    /** In place of these accounts: those that the app finds. */
    readonly directory?: AccountDirectory;
  };

/** A process of the app with an empty memory. */
export const anApp = ({
  emulated = false,
  unresolved = [],
  fleet = noFleetLimits,
  lookers = [],
  accounts,
  directory = new ExplicitAccounts(accounts),
  ...parts
}: Parts): App => ({
  ...parts,
  accounts: directory,
  fleet,
  versions: new VersionCache(parts.ports.secrets, parts.ports.clock),
  attention: new AttentionCache(parts.ports.rotations, parts.ports.clock),
  reports: new ReportCache(parts.ports.signals, parts.ports.clock),
  instances: new InstanceCounts(parts.ports.signals, parts.ports.clock),
  refusedProofs: new RefusedProofLimiter(parts.ports.clock),
  lookers,
  events: new EventMemory(parts.ports),
  emulated,
  unresolved,
});
