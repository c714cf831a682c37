import type { FleetStop } from "../lib/operations/status/fleet-view";
import type { StatusBody } from "../lib/operations/status/status";
import { usageError } from "./exit-codes";
import type { Session } from "./session";
import type { ListedStatus } from "./status-view";

/** The answer of `GET /api/accounts`. */
export interface AccountList {
  readonly accounts: readonly ListedStatus[];
  readonly orphanedRecords?: readonly {
    readonly account: string;
    readonly detail?: string;
    readonly remedy?: string;
  }[];
  readonly discoveryProblems?: readonly {
    readonly account: string | null;
    readonly reason?: string;
    readonly detail?: string;
    readonly remedy?: string;
  }[];
  /** Absent in the answer of an older app. */
  readonly fleetStopped?: FleetStop | null;
  readonly checkedAt: string;
}

/** A name is a part of the path: nothing else may become one. */
export const accountPath = (account: string): string => {
  if (!/^[a-z0-9-]{3,63}$/.test(account))
    throw usageError(`${JSON.stringify(account)} is no name of an account: status lists them`);
  return `/accounts/${account}`;
};

export const readStatus = ({ client }: Session, account: string): Promise<StatusBody> =>
  client.json({ functionName: "accountStatus", path: accountPath(account) });

export const listAccounts = ({ client }: Session): Promise<AccountList> =>
  client.json({ functionName: "listAccounts", path: "/accounts" });
