import { readScript } from "../../unit/docs/shell";
import { commandProblems } from "../../unit/docs/tools";
import {
  assignmentsOf,
  at,
  describeBicep,
  made,
  type Plan,
  planOf,
  settingsOf,
  withParameters,
} from "../../unit/infra/bicep";

const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

const existingRoles = { existingBatchRoleDefinitionId: "/b/1", existingVaultRoleDefinitionId: "/v/1" };

const assignment = new RegExp(
  "^az role assignment create --assignee-object-id (\\S+) --assignee-principal-type ServicePrincipal " +
    '--role "([^"]+)" --scope "([^"]+)"$',
);

/** What is deployed at the scope of a subscription. */
const inSubscriptions = ({ resources }: Plan) =>
  resources.filter(({ scope = "" }) => /^\/subscriptions\/[^/]+$/.test(scope));

describeBicep("a deployment by a Contributor", () => {
  const set = "no-role-assignments";
  const planned = (values: object = {}) =>
    withParameters(set, { ...values }, (file) => planOf(file, { template: "resources.bicep" }));

  it("creates no role, no assignment, no lock, and nothing in a subscription", async () => {
    const plan = await planned();
    for (const type of ["roleAssignments", "roleDefinitions", "locks"]) {
      expect(made(plan, `Microsoft.Authorization/${type}`)).toEqual([]);
    }
    expect(inSubscriptions(plan)).toEqual([]);
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
    // That of Event Grid's dead letters is left out with the topics.
    const ofTheApp = assigned.filter(({ scope }) => !scope.includes("/containers/"));
    const named = ofTheApp.map(({ scope, role = "" }) => ({ scope, role: roles.get(role) ?? role }));
    expect(listed).toHaveLength(8);
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
    expect((await planned(existingRoles)).outputs["roleDefinitionCommands"]).toEqual([]);
  });
});

const tenAccounts = (values: object) =>
  withParameters("ten-accounts", { ...values }, (file) => planOf(file, { template: "resources.bicep" }));

describeBicep("two existing roles", () => {
  it("leave nothing to deploy in a subscription", async () => {
    const plan = await tenAccounts(existingRoles);
    expect(plan.resources.filter(({ module }) => /roles|activityLog/.test(module))).toEqual([]);
    expect(inSubscriptions(plan)).toEqual([]);
  });
});

/** Without the marks around a value that only Azure knows. */
const forShell = (text: string): string => text.replaceAll(/[<>]/g, "");
const optionOf = (words: readonly string[], name: string): string => words[words.indexOf(name) + 1] ?? "";

const activityLogExportsOf = (plan: Plan) =>
  made(plan, "Microsoft.Insights/diagnosticSettings").filter(({ name }) => name.startsWith("batch-key-rotator-"));
const activityLogCommandsOf = ({ outputs }: Plan) => textsOf(outputs["activityLogCommands"]);
const activityLogRulesOf = (plan: Plan) =>
  made(plan, "Microsoft.Insights/scheduledQueryRules").filter(({ name }) => name.endsWith("-manual-regeneration"));

describeBicep("the activity log", () => {
  const withoutRoles = { createRoleAssignments: false };

  it.each([
    ["by default", {}, [3, 0, 1]],
    ["one existing role", { existingBatchRoleDefinitionId: "/b/1" }, [3, 0, 1]],
    ["two existing roles", existingRoles, [0, 3, 1]],
    ["no role assignments", withoutRoles, [0, 3, 1]],
    ["no role assignments, but wanted", { ...withoutRoles, watchActivityLog: "true" }, [3, 0, 1]],
    ["two existing roles, but wanted", { ...existingRoles, watchActivityLog: "true" }, [3, 0, 1]],
    ["not wanted", { watchActivityLog: "false" }, [0, 0, 0]],
    ["not wanted, no role assignments", { ...withoutRoles, watchActivityLog: "false" }, [0, 0, 0]],
  ])("is sent by the deployment, or by commands for another person: %s", async (_what, values, expected) => {
    const plan = await tenAccounts(values);
    expect([
      activityLogExportsOf(plan).length,
      activityLogCommandsOf(plan).length,
      activityLogRulesOf(plan).length,
    ]).toEqual(expected);
  });

  it("is sent by these commands as the deployment would send it", async () => {
    const deployed = activityLogExportsOf(await tenAccounts({})).map(({ name, scope = "", body }) => ({
      "--subscription": scope.split("/")[2],
      "--name": name,
      "--workspace": forShell(String(at(body, "properties.workspaceId"))),
      "--logs": at(body, "properties.logs"),
    }));
    const commands = activityLogCommandsOf(await tenAccounts(withoutRoles))
      .map(forShell)
      .flatMap(readScript);
    const words = commands.flatMap((step) => (step.kind === "runs" ? [step.words] : []));
    expect(words.flatMap(commandProblems)).toEqual([]);
    const listed = words.map((all) => ({
      "--subscription": optionOf(all, "--subscription"),
      "--name": optionOf(all, "--name"),
      "--workspace": optionOf(all, "--workspace"),
      "--logs": JSON.parse(optionOf(all, "--logs")),
    }));
    expect(listed).toHaveLength(3);
    expect(listed).toEqual(deployed);
  });
});

const auditExportsOf = (plan: Plan) =>
  made(plan, "Microsoft.Insights/diagnosticSettings").filter(({ name }) => name.startsWith("batch-key-readers-"));
const auditCommandsOf = ({ outputs }: Plan) => textsOf(outputs["auditLogCommands"]);

describeBicep("the audit log of a vault that exists", () => {
  const withoutRoles = { createRoleAssignments: false };

  it.each([
    ["by default", {}, [1, 0, true]],
    ["no role assignments", withoutRoles, [0, 1, true]],
    ["no role assignments, but wanted", { ...withoutRoles, watchReaders: "true" }, [1, 0, true]],
    ["not wanted", { watchReaders: "false" }, [0, 0, false]],
    ["not wanted, no role assignments", { ...withoutRoles, watchReaders: "false" }, [0, 0, false]],
  ])("is sent by the deployment, or by commands for another person: %s", async (_what, values, expected) => {
    const plan = await tenAccounts(values);
    const isAsked = "ROTATION_LOG_WORKSPACE_ID" in settingsOf(plan);
    expect([auditExportsOf(plan).length, auditCommandsOf(plan).length, isAsked]).toEqual(expected);
  });

  it("is sent by these commands as the deployment would send it, to tables of its own", async () => {
    const deployed = auditExportsOf(await tenAccounts({})).map(({ name, scope = "", body }) => ({
      "--resource": scope.toLowerCase(),
      "--name": name,
      "--workspace": forShell(String(at(body, "properties.workspaceId"))),
      "--export-to-resource-specific": String(at(body, "properties.logAnalyticsDestinationType") === "Dedicated"),
      "--logs": at(body, "properties.logs"),
    }));
    const steps = auditCommandsOf(await tenAccounts(withoutRoles))
      .map(forShell)
      .flatMap(readScript);
    const words = steps.flatMap((step) => (step.kind === "runs" ? [step.words] : []));
    expect(words.flatMap(commandProblems)).toEqual([]);
    const listed = words.map((all) => ({
      "--resource": optionOf(all, "--resource").toLowerCase(),
      "--name": optionOf(all, "--name"),
      "--workspace": optionOf(all, "--workspace"),
      "--export-to-resource-specific": optionOf(all, "--export-to-resource-specific"),
      "--logs": JSON.parse(optionOf(all, "--logs")),
    }));
    expect(listed).toEqual(deployed);
  });
});
