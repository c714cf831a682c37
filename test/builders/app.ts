import type { App } from "../../lib/app";
import { InstanceCounts } from "../../lib/signals/instance-counts";
import { RefusedProofLimiter } from "../../lib/signals/refused-proof-limiter";
import { ReportCache } from "../../lib/signals/report-cache";
import { VersionCache } from "../../lib/signals/version-cache";

/** A process of the app with an empty memory. */
export const anApp = ({
  emulated = false,
  unresolved = [],
  ...parts
}: Pick<App, "ports" | "limits" | "accounts"> & Partial<Pick<App, "emulated" | "unresolved">>): App => ({
  ...parts,
  versions: new VersionCache(parts.ports.secrets, parts.ports.clock),
  reports: new ReportCache(parts.ports.signals, parts.ports.clock),
  instances: new InstanceCounts(parts.ports.signals, parts.ports.clock),
  refusedProofs: new RefusedProofLimiter(parts.ports.clock),
  emulated,
  unresolved,
});
