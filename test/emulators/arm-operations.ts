import type { Route } from "./routes";
import type { WireRequest } from "./wire";

/** Actions that can be denied to the identity, named as in role definitions, below `Microsoft.Batch/batchAccounts/`. */
export type ArmAction = "read" | "write" | "listkeys/action" | "regeneratekeys/action";

export type ArmRoute = Exclude<Extract<Route, `arm.${string}`>, "arm.listPermissions" | "arm.unknown">;

export interface ArmOperation {
  readonly route: ArmRoute;
  readonly action: ArmAction;
  /** The scope of a role assignment: the account, group or subscription, as spelled in the request. */
  readonly scope: string;
  readonly subscription: string;
  /** Null for a list over the whole subscription. */
  readonly group: string | null;
  /** Null for lists. */
  readonly account: string | null;
}

const accountVerbs: Readonly<Record<string, readonly [ArmRoute, ArmAction]>> = {
  "GET ": ["arm.getAccount", "read"],
  "PATCH ": ["arm.updateAccount", "write"],
  "POST listkeys": ["arm.listKeys", "listkeys/action"],
  "POST regeneratekeys": ["arm.regenerateKeys", "regeneratekeys/action"],
};

const groupPath = "/subscriptions/([^/]+)(?:/resourceGroups/([^/]+))?";
const pattern = new RegExp(
  String.raw`^(${groupPath}/providers/Microsoft\.Batch/batchAccounts(?:/([^/]+))?)(?:/([^/]+))?/?$`,
  "i",
);

/** The operation of a request; null if the emulator does not know the route. Segments are matched without case. */
export const armOperationOf = ({ method, path }: WireRequest): ArmOperation | null => {
  const [, scope, subscription, group = null, account = null, verb = ""] = pattern.exec(decodeURIComponent(path)) ?? [];
  if (scope === undefined || subscription === undefined) return null;
  const [route, action] = routeOf(method, group, account, verb.toLowerCase());
  return route === undefined || action === undefined ? null : { route, action, scope, subscription, group, account };
};

const routeOf = (
  method: string,
  group: string | null,
  account: string | null,
  verb: string,
): readonly [ArmRoute, ArmAction] | readonly [] => {
  if (account !== null) return group === null ? [] : (accountVerbs[`${method} ${verb}`] ?? []);
  if (method !== "GET") return [];
  return [group === null ? "arm.listAccounts" : "arm.listAccountsInGroup", "read"];
};
