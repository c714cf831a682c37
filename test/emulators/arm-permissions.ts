import { authorizationFailed } from "./arm-errors";
import type { ArmAction } from "./arm-operations";
import { type Answer, headerOf, jsonAnswer, type WireRequest } from "./wire";

/** The permissions of one role assignment. `*` matches anything. */
export interface EmulatedRole {
  readonly actions: readonly string[];
  readonly notActions?: readonly string[];
}

/**
 * How many role assignments a page holds. `emptyFirst`: an empty page with a link precedes each page. `origin`: where
 * the links point to, instead of Resource Manager.
 */
export interface RolePages {
  readonly size: number;
  readonly emptyFirst?: boolean;
  readonly origin?: string;
}

export interface PermissionsRequest {
  /** The Batch account or the app. */
  readonly scope: string;
  readonly subscription: string;
  readonly account: string;
}

const groupPath = "/subscriptions/([^/]+)/resourceGroups/[^/]+";
const types = "(?:Batch/batchAccounts|Web/sites)";
const accountPath = String.raw`${groupPath}/providers/Microsoft\.${types}/([^/]+)(?:/slots/[^/]+)?`;
const pattern = new RegExp(String.raw`^(${accountPath})/providers/Microsoft\.Authorization/permissions/?$`, "i");

/** A request for the caller's own permissions on a Batch account or an app; null for any other. */
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
  pages: RolePages | null = null;

  set(roles: readonly EmulatedRole[] | "asAllowed" | "unreadable"): void {
    this.#roles = roles;
  }

  answer(request: WireRequest, { scope }: PermissionsRequest, denied: ReadonlySet<ArmAction>): Answer {
    if (this.#roles === "unreadable") return authorizationFailed("Microsoft.Authorization/permissions/read", scope);
    const roles: readonly EmulatedRole[] = this.#roles === "asAllowed" ? [allowedRole(denied)] : this.#roles;
    return jsonAnswer(200, this.#page(request, roles));
  }

  #page(request: WireRequest, roles: readonly EmulatedRole[]): { readonly value: unknown; readonly nextLink?: string } {
    if (this.pages === null) return { value: roles.map(entryOf) };
    const { size, emptyFirst = false, origin = `https://${headerOf(request, "host") ?? ""}` } = this.pages;
    const [from, isNew] = [Number(request.query.get("$skipToken") ?? 0), request.query.get("full") === null];
    const isEmpty = emptyFirst && isNew;
    const next = isEmpty ? from : from + size;
    const link = `${origin}${request.path}?api-version=2022-04-01&$skipToken=${next}${isEmpty ? "&full=1" : ""}`;
    return {
      value: isEmpty ? [] : roles.slice(from, next).map(entryOf),
      ...(next < roles.length ? { nextLink: link } : {}),
    };
  }
}

const entryOf = ({ actions, notActions = [] }: EmulatedRole) => ({
  actions,
  notActions,
  dataActions: [],
  notDataActions: [],
});

const allowedRole = (denied: ReadonlySet<ArmAction>): EmulatedRole => ({
  actions: accountActions
    .filter((action) => !denied.has(action))
    .map((action) => `Microsoft.Batch/batchAccounts/${action}`),
});
