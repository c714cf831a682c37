import { writeFileSync } from "node:fs";
import path from "node:path";
import {
  assignmentsOf,
  describeBicep,
  made,
  planOf,
  settingsOf,
  withChanged,
  withParameters,
} from "../../unit/infra/bicep";
import { maxInlineBytes } from "../../../lib/config/configuration";
import { resourceId } from "../../unit/infra/parameter-sets";

/** The names of those that do not hold: Resource Manager would report them. */
const broken = (values: object, configuration: object = { accounts: [] }): Promise<readonly string[]> =>
  withChanged(
    "resources.bicep",
    (text) => `${text}\noutput preconditions object = preconditions\n`,
    async (folder) => {
      writeFileSync(path.join(folder, "accounts.json"), JSON.stringify(configuration));
      const plan = await withParameters("one-account", { ...values }, (file) =>
        planOf(file, { folder, template: "resources.bicep" }),
      );
      const found: Readonly<Record<string, unknown>> = Object(plan.outputs["preconditions"]);
      return Object.keys(found).filter((name) => found[name] === false);
    },
  );
describeBicep("the preconditions", () => {
  const account = { resourceId: resourceId(0, "render", "Microsoft.Batch/batchAccounts/renderweu") };
  const others = (secret: object) => ({ accounts: [{ ...account, secret, gate: { mode: "approval" } }] });
  const many = Array.from({ length: 400 }, (_, i) => ({
    resourceId: resourceId(0, "render", `Microsoft.Batch/batchAccounts/batch${i}weu`),
    gate: { mode: "signals", consumers: [{ name: "render-api", instances: 2, proof: "required", healthUrl: null }] },
  }));
  const other = "https://another-vault.vault.azure.net";
  const vaultId = resourceId(2, "x", "Microsoft.KeyVault/vaults/another-vault");
  const found = { scope: { subscriptions: ["11111111-1111-4111-8111-111111111111"] } };

  it.each([
    ["one account", {}, []],
    ["no account", { accounts: [] }, ["accountsOrDiscoveryInInfraAccountsJson"]],
    ["400 accounts in the setting", { accounts: many }, ["settingIsShortElseUseInfraAccountsJson"]],
    ["400 accounts in the package", { accounts: many, accountsInPackage: true }, []],
    [
      "accounts in the package, their defaults in a parameter",
      { accountsInPackage: true, accountDefaults: { rotateEvery: "P30D" } },
      ["defaultsAreInTheFileWithTheAccounts"],
    ],
    ["an account and a fleet", { fleet: { spread: 0.2 } }, []],
    ["discovery, a profile, no account", { accounts: [], discovery: found, profiles: { standard: {} } }, []],
    [
      "a fleet in the package",
      { accountsInPackage: true, fleet: { spread: 0.2 } },
      ["fleetIsInTheFileWithTheAccounts"],
    ],
    ["a member that no fleet has", { fleet: { maxRotatin: 3 } }, ["fleetHasKnownMembers"]],
    ["a tag without a scope", { discovery: { tag: "rotator", scope: {} } }, ["discoveryNamesItsScope"]],
    ["a scope of no subscription", { discovery: { scope: { subscriptions: [] } } }, ["discoveryNamesItsScope"]],
    [
      "discovery with rights on single secrets",
      { discovery: found, secretScopedRights: true, existingVaultResourceId: vaultId },
      ["discoveryHasRightsOnWholeVaults"],
    ],
    ["the address of another vault", others({ vaultUrl: other }), ["eachVaultUrlHasItsVaultResourceId"]],
    [
      "the address and the id of another vault",
      others({ vaultUrl: other, vaultResourceId: resourceId(2, "x", "Microsoft.KeyVault/vaults/another-vault") }),
      [],
    ],
    [
      "the same, roles assigned by another person",
      { ...others({ vaultUrl: other }), createRoleAssignments: false },
      [],
    ],
    ["rights on secrets in a new vault", { secretScopedRights: true }, ["secretScopedRightsAreInAnExistingVault"]],
    ["a private endpoint without a subnet", { privateInbound: true }, ["privateInboundHasAnEndpointSubnet"]],
    [
      "an existing subnet without one for endpoints",
      {
        privateNetwork: true,
        existingAppSubnetResourceId: resourceId(0, "hub", "Microsoft.Network/virtualNetworks/hub/subnets/flex"),
      },
      ["existingAppSubnetHasAnEndpointSubnet"],
    ],
    [
      "zones without zone-redundant storage",
      { zoneRedundant: true, storageSku: "Standard_LRS" },
      ["zoneRedundantAppHasZoneRedundantStorage"],
    ],
  ])("hold or not, for %s", async (_what, values, names) => {
    expect(await broken(values)).toEqual(names);
  });

  it("refuse parameters that the file would leave unused, also where the app gets the file as a setting", async () => {
    const members = { profiles: { standard: {} }, fleet: { spread: 0.2 }, accountDefaults: { rotateEvery: "P30D" } };
    const values = { accounts: [], accountsInPackage: false, ...members };
    expect(await broken(values, { accounts: [account] })).toEqual([
      "defaultsAreInTheFileWithTheAccounts",
      "fleetIsInTheFileWithTheAccounts",
      "profilesAreInTheFileWithTheAccounts",
    ]);
  });

  const withPad = (pad: string) => [{ ...account, name: pad, gate: { mode: "approval" } }];
  /** Accounts whose text has this many bytes as a setting, of which the letters ü count twice. */
  const ofBytes = (bytes: number, letter: string): readonly object[] => {
    const free = bytes - Buffer.byteLength(JSON.stringify({ defaults: {}, accounts: withPad("") }));
    const letters = letter.repeat(Math.floor(free / Buffer.byteLength(letter)));
    return withPad(letters + "x".repeat(free - Buffer.byteLength(letters)));
  };

  it.each([
    ["x", maxInlineBytes - 2, true],
    ["x", maxInlineBytes + 1, false],
    ["ü", maxInlineBytes - 2, true],
    ["ü", maxInlineBytes + 1, false],
  ])("count bytes as the app does, and refuse no later: %s, %i bytes", async (letter, bytes, holds) => {
    const accounts = ofBytes(bytes, letter);
    expect(Buffer.byteLength(JSON.stringify({ defaults: {}, accounts }))).toBe(bytes);
    expect(await broken({ accounts })).toEqual(holds ? [] : ["settingIsShortElseUseInfraAccountsJson"]);
  });

  it("let the address of another vault through to the app, with the right on that vault", async () => {
    const vaultResourceId = resourceId(2, "x", "Microsoft.KeyVault/vaults/another-vault");
    const plan = await withParameters("one-account", others({ vaultUrl: other, vaultResourceId, name: "key" }), planOf);
    expect(made(plan, "Microsoft.KeyVault/vaults")).toEqual([]);
    expect(settingsOf(plan)).not.toHaveProperty("ROTATION_VAULT_URL");
    expect(JSON.parse(settingsOf(plan)["ROTATION_ACCOUNTS"] ?? "").accounts[0].secret.vaultUrl).toBe(other);
    expect(assignmentsOf(plan).map(({ scope }) => scope)).toContain(vaultResourceId.toLowerCase());
  });
});
