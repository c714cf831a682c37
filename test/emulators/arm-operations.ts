import type { Route } from "./routes";
import type { WireRequest } from "./wire";

/** Actions that can be denied to the identity, named as in role definitions, below `Microsoft.Batch/batchAccounts/`. */
export type ArmAction = "read" | "listkeys/action" | "regeneratekeys/action";

export type ArmRoute = Extract<Route, "arm.getAccount" | "arm.listKeys" | "arm.regenerateKeys">;

export interface ArmOperation {
  readonly route: ArmRoute;
  readonly action: ArmAction;
  /** The scope of a role assignment: the account, as spelled in the request. */
  readonly scope: string;
  readonly subscription: string;
  readonly group: string;
  readonly account: string;
}

const accountVerbs: Readonly<Record<string, readonly [ArmRoute, ArmAction]>> = {
  "GET ": ["arm.getAccount", "read"],
  "POST listkeys": ["arm.listKeys", "listkeys/action"],
  "POST regeneratekeys": ["arm.regenerateKeys", "regeneratekeys/action"],
};

const groupPath = "/subscriptions/([^/]+)/resourceGroups/([^/]+)";
const pattern = new RegExp(
  String.raw`^(${groupPath}/providers/Microsoft\.Batch/batchAccounts/([^/]+))(?:/([^/]+))?/?$`,
  "i",
);

/** The operation of a request; null if the emulator does not know the route. Segments are matched without case. */
export const armOperationOf = ({ method, path }: WireRequest): ArmOperation | null => {
  const [, scope = "", subscription = "", group = "", account = "", verb = ""] =
    pattern.exec(decodeURIComponent(path)) ?? [];
  const [route, action] = accountVerbs[`${method} ${verb.toLowerCase()}`] ?? [];
  if (scope === "" || route === undefined || action === undefined) return null;
  return { route, action, scope, subscription, group, account };
};
