import { at, describeBicep, made, type Plan, planOf, withChanged, withParameters } from "../../unit/infra/bicep";
import { platformsOf, resourceId } from "../../unit/infra/parameter-sets";

/*
 * A consumer with a platform gives the app a role on that one resource: one role for each kind, of the actions that the
 * configuration needs.
 */

const set = "platforms";
const inGroup = (values: object = {}): Promise<Plan> =>
  withParameters(set, { ...values }, (file) => planOf(file, { template: "resources.bicep" }));

const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

const rolesOf = (plan: Plan) =>
  made(plan, "Microsoft.Authorization/roleDefinitions").flatMap(({ name, body }) => {
    const roleName = String(at(body, "properties.roleName"));
    const kind = /^Batch Key Rotator (Apps|Container Apps|Data Factories) /.exec(roleName)?.[1];
    const of = (member: string) => textsOf(at(body, `properties.${member}`));
    return kind === undefined
      ? []
      : [
          {
            name,
            kind,
            roleName,
            scopes: of("assignableScopes"),
            actions: of("permissions.0.actions"),
            notActions: of("permissions.0.notActions"),
          },
        ];
  });

/** The scope of each assignment of these roles, with the kind of its role. */
const grantsOf = (plan: Plan) => {
  const kinds = new Map(rolesOf(plan).map(({ name, kind }) => [name, kind]));
  return made(plan, "Microsoft.Authorization/roleAssignments").flatMap(({ scope = "", body }) => {
    const kind = kinds.get(String(at(body, "properties.roleDefinitionId")).split("/").at(-1) ?? "");
    return kind === undefined ? [] : [`${kind}: ${scope.toLowerCase()}`];
  });
};

const subscription = (id: string): string => `/subscriptions/${id}`;
const own = subscription("00000000-0000-0000-0000-000000000000");
const app = resourceId(1, "web", "Microsoft.Web/sites/render-web").toLowerCase();
const slot = resourceId(0, "web", "Microsoft.Web/sites/render/slots/staging").toLowerCase();
const containerApp = resourceId(2, "jobs", "Microsoft.App/containerApps/render-jobs").toLowerCase();
const factory = resourceId(3, "etl", "Microsoft.DataFactory/factories/etl").toLowerCase();

describeBicep("consumers on platforms", () => {
  it("give the app one role for each kind, on the named resources alone, each once", async () => {
    const plan = await planOf(set);
    expect(grantsOf(plan).toSorted()).toEqual(
      [`Apps: ${app}`, `Apps: ${slot}`, `Container Apps: ${containerApp}`, `Data Factories: ${factory}`].toSorted(),
    );
    expect(platformsOf(set).toSorted()).toEqual([app, slot, containerApp, factory].toSorted());
    expect(rolesOf(plan)).toHaveLength(3);
    expect(new Set(rolesOf(plan).map(({ name }) => name)).size).toBe(3);
  });

  it("have the roles defined for the subscriptions of these resources", async () => {
    const scopes = Object.fromEntries(rolesOf(await planOf(set)).map((role) => [role.kind, role.scopes]));
    expect(scopes).toEqual({
      Apps: [own, subscription("11111111-1111-4111-8111-111111111111")],
      "Container Apps": [own, subscription("22222222-2222-4222-8222-222222222222")],
      "Data Factories": [own, subscription("33333333-3333-4333-8333-333333333333")],
    });
  });

  it("in another environment have roles of other names", async () => {
    const names = [await inGroup(), await inGroup({ environmentName: "prod" })].flatMap((plan) =>
      rolesOf(plan).flatMap(({ name, roleName }) => [name, roleName]),
    );
    expect(new Set(names).size).toBe(12);
  });

  it("are none, and so are the roles, where no consumer names a platform", async () => {
    const plan = await planOf("one-account");
    expect(rolesOf(plan)).toEqual([]);
    expect(grantsOf(plan)).toEqual([]);
  });
});

const siteGate = (...apps: readonly object[]) => ({
  accountDefaults: {},
  accounts: [
    {
      resourceId: resourceId(0, "render", "Microsoft.Batch/batchAccounts/renderweu"),
      gate: {
        mode: "signals",
        consumers: apps.map((one, i) => ({ name: `web-${i}`, platform: { kind: "appService", ...one } })),
      },
    },
  ],
});
const sites = "Microsoft.Web/sites";
const reads = ["config/Read", "config/*/read", "instances/Read"];
const unread = ["config/snapshots/read", "config/web/appsettings/read", "config/web/connectionstrings/read"];
const refresh = "config/*/action";
const restart = "restart/Action";
const exceptions = [...unread, "config/list/action", "config/snapshots/listsecrets/action"];
const under = (type: string, rights: readonly string[]) => rights.map((right) => `${type}/${right}`);

describeBicep("the role for apps", () => {
  it.each([
    ["an app", [{ resourceId: app }], under(sites, [...reads, refresh]), under(sites, exceptions)],
    ["an app without a refresh", [{ resourceId: app, refresh: false }], under(sites, reads), under(sites, unread)],
    [
      "an app with a restart",
      [{ resourceId: app, restart: true }],
      under(sites, [...reads, refresh, restart]),
      under(sites, exceptions),
    ],
    [
      "a slot",
      [{ resourceId: slot }],
      under(`${sites}/slots`, [...reads, refresh]),
      under(`${sites}/slots`, exceptions),
    ],
    [
      "an app and a slot",
      [
        { resourceId: app, refresh: false },
        { resourceId: slot, refresh: false },
      ],
      [...under(sites, reads), ...under(`${sites}/slots`, reads)],
      [...under(sites, unread), ...under(`${sites}/slots`, unread)],
    ],
  ])("has the rights that are needed by %s", async (_what, apps, actions, notActions) => {
    const [role, ...others] = rolesOf(await inGroup(siteGate(...apps)));
    expect(others).toEqual([]);
    expect(role).toMatchObject({ kind: "Apps", actions, notActions });
  });
});

describeBicep("more apps than a deployment can hold resources", () => {
  it("each get one assignment, in several deployments", async () => {
    const ids = Array.from({ length: 801 }, (_, i) => resourceId(1, "web", `${sites}/web-${i}`).toLowerCase());
    const plan = await inGroup(siteGate(...ids.map((id) => ({ resourceId: id }))));
    expect(grantsOf(plan)).toEqual(ids.map((id) => `Apps: ${id}`));
    expect(new Set(plan.resources.flatMap(({ module }) => module.match(/platformAccess\[\d+\]/g) ?? [])).size).toBe(3);
  });
});

const on = (platform: object) => ({ gate: { mode: "signals", consumers: [{ name: "one", platform }] } });

describeBicep("consumers of a file", () => {
  it("get the same roles, those of profiles too", async () => {
    const file = {
      defaults: on({ kind: "containerApp", resourceId: containerApp }),
      profiles: { web: on({ kind: "appService", resourceId: slot }), none: {} },
      accounts: [
        {
          resourceId: resourceId(0, "render", "Microsoft.Batch/batchAccounts/renderweu"),
          ...on({ kind: "dataFactory", resourceId: factory, linkedService: "AzureBatch1" }),
        },
      ],
    };
    const plan = await withChanged(
      "accounts.json",
      () => JSON.stringify(file),
      (folder) =>
        withParameters("one-account", { accounts: [] }, (parameters) =>
          planOf(parameters, { folder, template: "resources.bicep" }),
        ),
    );
    expect(grantsOf(plan)).toEqual([`Apps: ${slot}`, `Container Apps: ${containerApp}`, `Data Factories: ${factory}`]);
  });
});

const existingRoles = { existingBatchRoleDefinitionId: "/b/1", existingVaultRoleDefinitionId: "/v/1" };

describeBicep("who may not create roles", () => {
  it.each([
    ["no role assignments", { createRoleAssignments: false }],
    ["two existing roles", existingRoles],
  ])("gets the same roles and assignments as commands, and nothing is deployed: %s", async (_what, values) => {
    const roles = rolesOf(await inGroup());
    const plan = await inGroup(values);
    expect(rolesOf(plan)).toEqual([]);
    expect(plan.resources.filter(({ module }) => /platform/i.test(module))).toEqual([]);
    const definitions = textsOf(plan.outputs["roleDefinitionCommands"])
      .map((command) => JSON.parse(/--role-definition '(.*)'$/.exec(command)?.[1] ?? "null"))
      .filter(({ Name }) => roles.some(({ roleName }) => roleName === Name));
    expect(definitions).toEqual(
      roles.map(({ roleName, actions, notActions, scopes }) => ({
        Name: roleName,
        Description: expect.any(String),
        Actions: actions,
        NotActions: notActions,
        AssignableScopes: scopes,
      })),
    );
    const assigned = textsOf(plan.outputs["roleAssignmentCommands"]).flatMap((command) => {
      const [, role, scope = ""] = /--role "([^"]+)" --scope "([^"]+)"$/.exec(command) ?? [];
      const found = roles.find(({ roleName }) => roleName === role);
      return found === undefined ? [] : [`${found.kind}: ${scope}`];
    });
    expect(assigned).toEqual(grantsOf(await inGroup()));
  });
});
