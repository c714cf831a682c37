import type { Alerts } from "./alerts";
import type { AuditLog } from "./audit-log";
import type { BatchKeys } from "./batch-keys";
import type { Fleet } from "./fleet";
import type { FormSecret } from "./form-secret";
import type { HealthChecks } from "./health-checks";
import type { History } from "./history";
import type { Notices } from "./notices";
import type { Permissions } from "./permissions";
import type { Rotations } from "./rotations";
import type { SecretPublisher } from "./secret-publisher";
import type { Signals } from "./signals";
import type { Clock, Ids, Log } from "./system";
import type { Ticks } from "./ticks";

export interface Ports {
  readonly batch: BatchKeys;
  readonly secrets: SecretPublisher;
  readonly rotations: Rotations;
  readonly ticks: Ticks;
  readonly notices: Notices;
  readonly fleet: Fleet;
  readonly formSecret: FormSecret;
  readonly signals: Signals;
  readonly health: HealthChecks;
  readonly permissions: Permissions;
  /** Null where no workspace is named. */
  readonly auditLog: AuditLog | null;
  readonly history: History;
  readonly alerts: Alerts;
  readonly log: Log;
  readonly clock: Clock;
  readonly ids: Ids;
}
