import { assignmentsOf, at, describeBicep, made, planOf, withParameters } from "../../unit/infra/bicep";

const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

const assignment = new RegExp(
  "^az role assignment create --assignee-object-id (\\S+) --assignee-principal-type ServicePrincipal " +
    '--role "([^"]+)" --scope "([^"]+)"$',
);

describeBicep("a deployment by a Contributor", () => {
  const set = "no-role-assignments";
  const planned = (values: object = {}) =>
    withParameters(set, { ...values }, (file) => planOf(file, { template: "resources.bicep" }));

  it("creates no role, no assignment, no lock, and nothing in a subscription", async () => {
    const plan = await planned();
    for (const type of ["roleAssignments", "roleDefinitions", "locks"]) {
      expect(made(plan, `Microsoft.Authorization/${type}`)).toEqual([]);
    }
    expect(plan.resources.filter(({ scope = "" }) => /^\/subscriptions\/[^/]+$/.test(scope))).toEqual([]);
  });

  it("lists as commands exactly the assignments that it leaves out", async () => {
    const roles = new Map(
      made(await planned({ createRoleAssignments: true }), "Microsoft.Authorization/roleDefinitions").map(
        ({ name, body }) => [name, String(at(body, "properties.roleName"))],
      ),
    );
    const assigned = assignmentsOf(await planned({ createRoleAssignments: true }));
    const listed = textsOf((await planned()).outputs["roleAssignmentCommands"]).map((command) => {
      const [, principal, role, scope = ""] = assignment.exec(command) ?? [];
      expect(principal).toBe("<identity.properties.principalId>");
      return { scope: scope.toLowerCase(), role };
    });
    const named = assigned.map(({ scope, role = "" }) => ({ scope, role: roles.get(role) ?? role }));
    expect(listed).toHaveLength(6);
    expect(new Set(listed.map((one) => JSON.stringify(one)))).toEqual(new Set(named.map((one) => JSON.stringify(one))));
  });

  it("lists as commands exactly the roles that it leaves out, and none that exist", async () => {
    const definitions = made(await planned({ createRoleAssignments: true }), "Microsoft.Authorization/roleDefinitions");
    const commands = textsOf((await planned()).outputs["roleDefinitionCommands"]);
    const listed = commands.map((command) => JSON.parse(/--role-definition '(.*)'$/.exec(command)?.[1] ?? "null"));
    expect(listed).toEqual(
      definitions.map(({ body }) => ({
        Name: at(body, "properties.roleName"),
        Description: at(body, "properties.description"),
        AssignableScopes: at(body, "properties.assignableScopes"),
        Actions: at(body, "properties.permissions.0.actions"),
        ...(textsOf(at(body, "properties.permissions.0.dataActions")).length === 0
          ? {}
          : { DataActions: at(body, "properties.permissions.0.dataActions") }),
      })),
    );
    const existing = { existingBatchRoleDefinitionId: "/b/1", existingVaultRoleDefinitionId: "/v/1" };
    expect((await planned(existing)).outputs["roleDefinitionCommands"]).toEqual([]);
  });
});

describeBicep("two existing roles", () => {
  it("leave nothing to deploy in a subscription", async () => {
    const existing = {
      existingBatchRoleDefinitionId: "/b/1",
      existingVaultRoleDefinitionId: "/v/1",
      watchActivityLog: false,
    };
    const plan = await withParameters("ten-accounts", existing, planOf);
    expect(plan.resources.filter(({ module }) => /roles|activityLog/.test(module))).toEqual([]);
  });
});
