import { at, made, type Plan } from "../../unit/infra/bicep";

const tables = "Microsoft.Storage/storageAccounts/tableServices/tables";
const secrets = "Microsoft.KeyVault/vaults/secrets";
/** Microsoft names the actions by table: `…/query/AZKVAuditLogs/read`. */
export const logActions = "Microsoft.OperationalInsights/workspaces/query/*/read";

export interface Role {
  readonly name: string;
  readonly custom: boolean;
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
}

/** The built-in roles that the templates assign, with the documented rights that the app could use. */
const builtInRole = (name: string, actions: readonly string[], dataActions: readonly string[]): Role => ({
  name,
  custom: false,
  actions,
  notActions: [],
  dataActions,
});

const builtIn: Readonly<Record<string, Role>> = {
  "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": builtInRole(
    "Storage Table Data Contributor",
    [`${tables}/read`, `${tables}/write`, `${tables}/delete`],
    ["read", "write", "delete", "add/action", "update/action"].map((right) => `${tables}/entities/${right}`),
  ),
  // For deployments without permission to create roles. It allows all operations on secrets.
  "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": builtInRole(
    "Key Vault Secrets Officer",
    [],
    ["getSecret", "setSecret", "update", "readMetadata"].map((right) => `${secrets}/${right}/action`),
  ),
  // For the host only, whose requests do not reach the emulators.
  "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": builtInRole("Storage Blob Data Owner", [], []),
  "974c5e8b-45b9-4653-ba55-5f855dd0fb88": builtInRole("Storage Queue Data Contributor", [], []),
  "73c42c96-874c-492b-b04d-ab87d138a893": builtInRole("Log Analytics Reader", [logActions], []),
  "3913510d-42f4-4e42-8a64-420c390055eb": builtInRole("Monitoring Metrics Publisher", [], []),
};

const textsAt = (value: unknown, member: string): readonly string[] => {
  const found = at(value, member);
  return Array.isArray(found) ? found.map(String) : [];
};

const customRoles = (plan: Plan): ReadonlyMap<string, Role> =>
  new Map(
    made(plan, "Microsoft.Authorization/roleDefinitions").map(({ name, body }) => {
      const permissions: unknown = at(body, "properties.permissions");
      const blocks: readonly unknown[] = Array.isArray(permissions) ? permissions : [];
      const all = (member: string): readonly string[] => blocks.flatMap((block) => textsAt(block, member));
      const role = {
        name: String(at(body, "properties.roleName")),
        custom: true,
        actions: all("actions"),
        notActions: all("notActions"),
        dataActions: all("dataActions"),
      };
      return [name.toLowerCase(), role];
    }),
  );

export interface Grant {
  /** The id of its resource, in lower case. */
  readonly scope: string;
  readonly role: Role;
}

export const grantsOf = (plan: Plan): readonly Grant[] => {
  const custom = customRoles(plan);
  // A container is for Event Grid alone.
  const ofTheApp = made(plan, "Microsoft.Authorization/roleAssignments").filter(
    ({ scope = "" }) => !scope.includes("/containers/"),
  );
  return ofTheApp.map(({ scope = "", body }) => {
    const id = String(at(body, "properties.roleDefinitionId")).split("/").at(-1)?.toLowerCase() ?? "";
    const role = custom.get(id) ?? builtIn[id];
    if (role === undefined) throw new Error(`the role ${id} is neither created by the templates nor known here`);
    return { scope: scope.toLowerCase(), role };
  });
};

/** `*` stands for anything; case does not matter. */
export const matches = (pattern: string, action: string): boolean =>
  new RegExp(`^${pattern.replaceAll(".", "[.]").replaceAll("*", ".*")}$`, "i").test(action);

export const allowsAction = ({ actions, notActions }: Role, action: string): boolean =>
  actions.some((pattern) => matches(pattern, action)) && !notActions.some((pattern) => matches(pattern, action));
