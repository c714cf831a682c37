import {
  at,
  checkRules,
  describeBicep,
  made,
  type Plan,
  planOf,
  settingsOf,
  withChanged,
  withParameters,
} from "../../unit/infra/bicep";
import { resourceId } from "../../unit/infra/parameter-sets";

/*
 * Accounts that are found by a tag are not known to the template: it grants the rights on the scope of discovery.
 */

const subscription = "11111111-1111-4111-8111-111111111111";
const vaultResourceId = resourceId(0, "keys", "Microsoft.KeyVault/vaults/team-keys");

const configuration = (scope: object) => ({
  profiles: { standard: { gate: { mode: "approval" } }, team: { secret: { vaultResourceId } } },
  discovery: { scope },
  fleet: { maxRotating: 10, spread: 0.2 },
  accounts: [],
});

/** The plan of a deployment that lists no account, with this scope of discovery in infra/accounts.json. */
const inFile = (scope: object, values: object = {}): Promise<Plan> =>
  withChanged(
    "accounts.json",
    () => JSON.stringify(configuration(scope)),
    (folder) =>
      withParameters("one-account", { accounts: [], ...values }, (file) =>
        planOf(file, { folder, template: "resources.bicep" }),
      ),
  );

/** The same, in parameters. */
const inParameters = (scope: object, values: object = {}): Promise<Plan> =>
  withParameters("one-account", { ...configuration(scope), ...values }, (file) =>
    planOf(file, { template: "resources.bicep" }),
  );

/** By the ids of the assignments: one on a subscription names no scope. */
const scopesOf = (plan: Plan): readonly string[] =>
  made(plan, "Microsoft.Authorization/roleAssignments").map(({ id }) =>
    (id.split("/providers/Microsoft.Authorization/")[0] ?? "").toLowerCase(),
  );
const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

for (const [where, planned] of [
  ["infra/accounts.json", inFile],
  ["parameters", inParameters],
] as const)
  describeBicep(`a deployment that finds its accounts by ${where}`, () => {
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

describeBicep("discovery as a parameter", () => {
  it("replaces all of infra/accounts.json, from whose scope nothing is granted", async () => {
    const other = "22222222-2222-4222-8222-222222222222";
    const plan = await withChanged(
      "accounts.json",
      () => JSON.stringify(configuration({ subscriptions: [other] })),
      (folder) =>
        withParameters(
          "one-account",
          { accounts: [], discovery: { scope: { subscriptions: [subscription] } } },
          (file) => planOf(file, { folder, template: "resources.bicep" }),
        ),
    );
    expect(scopesOf(plan)).toContain(`/subscriptions/${subscription}`);
    expect(scopesOf(plan).join(" ")).not.toContain(other);
    const settings = JSON.parse(settingsOf(plan)["ROTATION_ACCOUNTS"] ?? "");
    expect(Object.keys(settings)).toEqual(["defaults", "discovery", "accounts"]);
  });

  it("is read by the app, with profiles and fleet, as the parameters give it", async () => {
    const parts = configuration({ subscriptions: [subscription] });
    const plan = await withParameters("one-account", { ...parts, accountDefaults: { rotateEvery: "P30D" } }, (file) =>
      checkedPlan(file),
    );
    expect(JSON.parse(settingsOf(plan)["ROTATION_ACCOUNTS"] ?? "")).toEqual({
      defaults: { rotateEvery: "P30D" },
      ...parts,
    });
  });
});

/** Of main.bicep, which passes the parameters on. The role is on a whole subscription, and no other rule is broken. */
const checkedPlan = async (values: string): Promise<Plan> => {
  expect((await checkRules(values)).map(({ code }) => code)).toEqual(["rbac-scope"]);
  return planOf(values);
};
