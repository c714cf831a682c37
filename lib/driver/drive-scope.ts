import { sha256 } from "../hash";
import type { Limits } from "../limits";
import type { Ports } from "../ports/ports";
import type { AccountConfig } from "../rotation/account-config";
import type { EventContext } from "../rotation/events/outbox";
import { waitsForNewer } from "../rotation/newest-configuration";
import type { Lease } from "./lease";
import type { AdvanceOptions } from "./requests";

/** What one drive is about: the account, what was asked, and the claim under which all of it happens. */
export interface DriveScope {
  readonly ports: Ports;
  readonly limits: Limits;
  readonly config: AccountConfig;
  readonly options: AdvanceOptions;
  readonly lease: Lease;
}

/** `by`: who has requested it, where that is not the driver. */
export const eventContext = ({ ports, options }: DriveScope, by: string = options.by): EventContext => ({
  now: ports.clock.now(),
  by,
  nextId: () => ports.ids.next(),
  hash: sha256,
});

/** Whether another process drives the account by a newer configuration. */
export const isOlder = ({ lease, config }: DriveScope, now: Date): boolean =>
  waitsForNewer(lease.record, config, now) !== null;
