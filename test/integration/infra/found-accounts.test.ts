import { at, describeBicep, made, type Plan, planOf, withChanged, withParameters } from "../../unit/infra/bicep";
import { resourceId } from "../../unit/infra/parameter-sets";

/*
 * Accounts that are found by a tag are not known to the template: it grants the rights on the scope of discovery.
 */

const subscription = "11111111-1111-4111-8111-111111111111";
const vaultResourceId = resourceId(0, "keys", "Microsoft.KeyVault/vaults/team-keys");

/** The plan of a deployment whose infra/accounts.json lists no account, with this scope of discovery. */
const planned = (scope: object, values: object = {}): Promise<Plan> =>
  withChanged(
    "accounts.json",
    () =>
      JSON.stringify({
        profiles: { standard: { gate: { mode: "approval" } }, team: { secret: { vaultResourceId } } },
        discovery: { scope },
        fleet: { maxRotating: 10 },
        accounts: [],
      }),
    (folder) =>
      withParameters("one-account", { accounts: [], ...values }, (file) =>
        planOf(file, { folder, template: "resources.bicep" }),
      ),
  );

/** By the ids of the assignments: one on a subscription names no scope. */
const scopesOf = (plan: Plan): readonly string[] =>
  made(plan, "Microsoft.Authorization/roleAssignments").map(({ id }) =>
    (id.split("/providers/Microsoft.Authorization/")[0] ?? "").toLowerCase(),
  );
const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

describeBicep("a deployment that finds its accounts", () => {
  it("gets the Batch role on the scope's subscriptions, the vault role on the profiles' vaults", async () => {
    const plan = await planned({ subscriptions: [subscription] });
    const [role] = made(plan, "Microsoft.Authorization/roleDefinitions").filter(({ body }) =>
      String(at(body, "properties.roleName")).startsWith("Batch Key Rotator ("),
    );
    expect(textsOf(at(role?.body, "properties.assignableScopes"))).toContain(`/subscriptions/${subscription}`);
    expect(scopesOf(plan)).toContain(`/subscriptions/${subscription}`);
    expect(scopesOf(plan)).toContain(vaultResourceId.toLowerCase());
    expect(made(plan, "Microsoft.KeyVault/vaults")).toHaveLength(1);
  });

  it("gives the app its file as it is", async () => {
    const plan = await planned({ subscriptions: [subscription] }, { accountsInPackage: false });
    const app = made(plan, "Microsoft.Web/sites")
      .map(({ body }) => JSON.stringify(body))
      .join("");
    for (const member of ["profiles", "discovery", "fleet"]) expect(app).toContain(member);
  });

  it("lists commands for management groups, which it cannot reach, with a role that is defined there", async () => {
    const plan = await planned({ managementGroups: ["platform"] });
    const group = "/providers/Microsoft.Management/managementGroups/platform";
    const [definition = "", ...others] = textsOf(plan.outputs["roleDefinitionCommands"]);
    expect(others).toEqual([]);
    expect(definition).toContain(`"AssignableScopes":["${group}"]`);
    expect(textsOf(plan.outputs["roleAssignmentCommands"])).toEqual([
      expect.stringMatching(/--role "Batch Key Rotator Groups \(.*" --scope "\/providers\/.*\/platform"$/),
    ]);
  });

  it("lists everything as commands where it may assign no role", async () => {
    const plan = await planned({ subscriptions: [subscription] }, { createRoleAssignments: false });
    const scopes = textsOf(plan.outputs["roleAssignmentCommands"]).map((command) => command.split("--scope ")[1]);
    expect(scopes).toContain(`"/subscriptions/${subscription}"`);
    expect(scopesOf(plan)).toEqual([]);
  });
});
