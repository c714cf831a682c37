import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import {
  at,
  checkFolder,
  checkRules,
  describeBicep,
  infraFolder,
  made,
  planOf,
  withParameters,
} from "../../unit/infra/bicep";
import { grantingSets, parameterSets } from "../../unit/infra/parameter-sets";
import { words } from "../../builders/words";

/** The actions of two lists and of a refresh are documented nowhere, so a role for apps needs two patterns. */
const patterns = ["sites", "sites/slots"].flatMap((type) =>
  ["read", "action"].map((kind) => `rbac-wildcard: wildcard action Microsoft.Web/${type}/config/*/${kind}`),
);

describeBicep("the templates", () => {
  it("have no error and no warning", async () => {
    expect(await checkFolder()).toEqual([]);
  });

  it("are tested with these parameter sets", () => {
    expect(parameterSets).toEqual(
      words(`
        every-option existing-vault no-role-assignments one-account platforms private-inbound private-network
        shared-storage-dev shared-storage-prod ten-accounts thousand-accounts us-government
      `),
    );
  });

  it.each(parameterSets)("satisfy every rule for %s", async (set) => {
    const found = (await checkRules(set)).map(({ code, msg }) => `${code}: ${msg}`);
    expect(found).toEqual(set === "platforms" ? patterns : []);
  });

  it.each(["us-government", "every-option"])(
    "satisfy every rule in the US Government cloud except one that excludes this cloud: %s",
    async (set) => {
      expect((await checkRules(set, { cloud: "AzureUSGovernment" })).map(({ sev, msg }) => [sev, msg])).toEqual([
        ["warn", expect.stringContaining("prefer AzureWebJobsStorage__accountName outside sovereign clouds")],
      ]);
    },
  );

  it("use no registry module, no experimental feature and no floating version", () => {
    const files = readdirSync(infraFolder, { recursive: true, encoding: "utf8" });
    const templates = files.filter((file) => file.endsWith(".bicep"));
    expect(templates).toHaveLength(31);
    expect(files.filter((file) => path.basename(file) === "bicepconfig.json")).toEqual([]);
    const sources = templates.map((file) => readFileSync(path.join(infraFolder, file), "utf8"));
    expect(sources.filter((text) => /['"](?:br|ts)[:/]/.test(text))).toEqual([]);
    const resources = sources.flatMap((text) => text.match(/^\s*resource \w+ '[^']+'/gm) ?? []);
    expect(resources.filter((line) => line.includes("/") && !/@\d{4}-\d\d-\d\d(?:-preview)?'$/.test(line))).toEqual([]);
  });

  it.each(grantingSets)("grant each right on one resource only, for %s", async (set) => {
    const plan = await planOf(set);
    const scopes = made(plan, "Microsoft.Authorization/roleAssignments").map(({ scope = "" }) => scope);
    const child = String.raw`/(?:secrets|slots)/[^/]+|/blobServices/default/containers/[^/]+`;
    const ofOneResource = new RegExp(`/providers/[^/]+/[^/]+/[^/]+(?:${child})?$`);
    expect(scopes.filter((scope) => !ofOneResource.test(scope))).toEqual([]);
    expect(new Set(scopes).size).toBeGreaterThan(2);
  });
});

describeBicep("ten accounts in three subscriptions", () => {
  it("get one assignment per account and one per vault", async () => {
    const plan = await planOf("ten-accounts");
    const assigned = made(plan, "Microsoft.Authorization/roleAssignments").map(({ scope = "" }) => scope);
    expect(assigned.filter((scope) => scope.includes("/Microsoft.Batch/"))).toHaveLength(10);
    expect(
      new Set(assigned.filter((scope) => scope.includes("/Microsoft.Batch/")).map((scope) => scope.split("/")[2])).size,
    ).toBe(3);
    expect(assigned.filter((scope) => scope.includes("/Microsoft.KeyVault/"))).toEqual([
      expect.stringMatching(
        /^\/subscriptions\/0{8}-[0-]+\/resourceGroups\/rg-batch-key-rotator-prod\/.*\/vaults\/kv-[a-z0-9]+$/i,
      ),
      expect.stringMatching(/^\/subscriptions\/2{8}-[0-9-]+\/resourceGroups\/science\/.*\/vaults\/science-keys$/i),
    ]);
  });

  it("make the roles assignable in each of their subscriptions", async () => {
    const [batchRole] = made(await planOf("ten-accounts"), "Microsoft.Authorization/roleDefinitions");
    expect(at(batchRole?.body, "properties.roleName")).toBe("Batch Key Rotator (prod)");
    expect(at(batchRole?.body, "properties.assignableScopes")).toEqual([
      "/subscriptions/00000000-0000-0000-0000-000000000000",
      "/subscriptions/11111111-1111-4111-8111-111111111111",
      "/subscriptions/22222222-2222-4222-8222-222222222222",
      "/subscriptions/33333333-3333-4333-8333-333333333333",
    ]);
  });
});

describeBicep("existing roles", () => {
  const ids = ["5d1f0c1e-5f0d-4f0e-9d53-3a8f2a4b7c01", "5d1f0c1e-5f0d-4f0e-9d53-3a8f2a4b7c02"] as const;
  const elsewhere =
    "/subscriptions/99999999-9999-4999-8999-999999999999/providers/Microsoft.Authorization/roleDefinitions";
  const values = {
    existingBatchRoleDefinitionId: `${elsewhere}/${ids[0]}`,
    existingVaultRoleDefinitionId: `${elsewhere}/${ids[1]}`,
  };

  it("are assigned instead of new ones, by their id in the scope of the assignment", async () => {
    const plan = await withParameters("ten-accounts", values, planOf);
    expect(made(plan, "Microsoft.Authorization/roleDefinitions")).toEqual([]);
    const assigned = (id: string) =>
      made(plan, "Microsoft.Authorization/roleAssignments").filter(({ body }) =>
        String(at(body, "properties.roleDefinitionId")).endsWith(id),
      );
    expect(ids.map((id) => assigned(id).length)).toEqual([10, 2]);
    for (const { scope = "", body } of ids.flatMap(assigned)) {
      expect(String(at(body, "properties.roleDefinitionId")).split("/")[2]).toBe(scope.split("/")[2]);
    }
  });

  it("are unknown to the checker, which reports only that", async () => {
    const found = await withParameters("one-account", values, (set) => checkRules(set));
    expect(found.map(({ code }) => code)).toEqual(["rbac-unknown-role", "rbac-unknown-role"]);
  });
});

describeBicep("the resources", () => {
  it("use no key", async () => {
    const plan = await planOf("one-account");
    expect(at(made(plan, "Microsoft.Storage/storageAccounts")[0]?.body, "properties.allowSharedKeyAccess")).toBe(false);
    expect(JSON.stringify(plan)).not.toMatch(/AccountKey=|listKeys\(/);
  });

  it("have the names and addresses of the US Government cloud", async () => {
    const plan = await planOf("us-government", { cloud: "AzureUSGovernment" });
    expect(made(plan, "Microsoft.Network/privateDnsZones").map(({ name }) => name)).toEqual([
      "privatelink.blob.core.usgovcloudapi.net",
      "privatelink.queue.core.usgovcloudapi.net",
      "privatelink.table.core.usgovcloudapi.net",
      "privatelink.vaultcore.usgovcloudapi.net",
    ]);
    expect(plan.outputs["ROTATOR_VAULT_URL"]).toMatch(/^https:\/\/kv-[a-z0-9]+\.vault\.usgovcloudapi\.net$/);
  });

  it("create neither a vault nor a network by default", async () => {
    const plan = await planOf("existing-vault");
    expect(made(plan, "Microsoft.KeyVault/vaults")).toEqual([]);
    expect(made(plan, "Microsoft.Network/virtualNetworks")).toEqual([]);
    expect(made(plan, "Microsoft.Insights/actionGroups")).toEqual([]);
  });
});
