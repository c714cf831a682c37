import { authorizationFailed } from "./arm-errors";
import type { ArmAction } from "./arm-operations";
import { type Answer, jsonAnswer, type WireRequest } from "./wire";

/** The permissions of one role assignment. `*` matches anything. */
export interface EmulatedRole {
  readonly actions: readonly string[];
  readonly notActions?: readonly string[];
}

export interface PermissionsRequest {
  /** The Batch account. */
  readonly scope: string;
  readonly subscription: string;
  readonly account: string;
}

const groupPath = "/subscriptions/([^/]+)/resourceGroups/[^/]+";
const accountPath = String.raw`${groupPath}/providers/Microsoft\.Batch/batchAccounts/([^/]+)`;
const pattern = new RegExp(String.raw`^(${accountPath})/providers/Microsoft\.Authorization/permissions/?$`, "i");

/** A request for the caller's own permissions on a Batch account; null for any other. */
export const permissionsRequestOf = ({ method, path }: WireRequest): PermissionsRequest | null => {
  const [, scope, subscription = "", account = ""] = pattern.exec(decodeURIComponent(path)) ?? [];
  return method !== "GET" || scope === undefined ? null : { scope, subscription, account };
};

const accountActions = ["read", "listkeys/action", "regeneratekeys/action"] as const satisfies readonly ArmAction[];

/**
 * The caller's own permissions (learn.microsoft.com/rest/api/authorization/permissions/list-for-resource), one entry
 * for each role assignment. The default is one custom role with all permissions that are not denied.
 */
export class ArmPermissions {
  #roles: readonly EmulatedRole[] | "asAllowed" | "unreadable" = "asAllowed";

  set(roles: readonly EmulatedRole[] | "asAllowed" | "unreadable"): void {
    this.#roles = roles;
  }

  answer({ scope }: PermissionsRequest, denied: ReadonlySet<ArmAction>): Answer {
    if (this.#roles === "unreadable") return authorizationFailed("Microsoft.Authorization/permissions/read", scope);
    const roles: readonly EmulatedRole[] = this.#roles === "asAllowed" ? [allowedRole(denied)] : this.#roles;
    return jsonAnswer(200, {
      value: roles.map(({ actions, notActions = [] }) => ({
        actions,
        notActions,
        dataActions: [],
        notDataActions: [],
      })),
    });
  }
}

const allowedRole = (denied: ReadonlySet<ArmAction>): EmulatedRole => ({
  actions: accountActions
    .filter((action) => !denied.has(action))
    .map((action) => `Microsoft.Batch/batchAccounts/${action}`),
});
