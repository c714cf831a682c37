import { assignmentsOf, at, describeBicep, made, planOf, settingsOf, withParameters } from "../../unit/infra/bicep";
import { resourceId } from "../../unit/infra/parameter-sets";

/** The resource groups that a deployment creates. */
const groups = async (set: string) =>
  made(await planOf(set), "Microsoft.Resources/resourceGroups").map(({ name }) => name);

/** The first resource of a type, with these values. */
const first = async (values: object, type: string) =>
  made(await withParameters("one-account", { ...values }, planOf), type)[0]?.body;

describeBicep("two environments in one storage account", () => {
  it("have their own container and their own tables", async () => {
    const plans = await Promise.all(["shared-storage-dev", "shared-storage-prod"].map((set) => planOf(set)));
    const containers = plans.flatMap((plan) => made(plan, "Microsoft.Storage/storageAccounts/blobServices/containers"));
    expect(new Set(containers.map(({ id }) => id)).size).toBe(4);
    // One for the package, one for events that could not be delivered.
    const apps = plans.map((plan) => String(plan.outputs["ROTATOR_APP_NAME"]));
    expect(containers.map(({ name }) => name.split("/").at(-1))).toEqual(apps.flatMap((app) => [app, `${app}-events`]));
    const prefixes = plans.map((plan) => settingsOf(plan)["ROTATION_TABLE_PREFIX"]);
    expect(prefixes).toEqual([1, 2].map(() => expect.stringMatching(/^BatchKey[a-z0-9]{13}$/)));
    expect(new Set(prefixes).size).toBe(2);
    // The name of an assignment contains the identity, which only Azure knows.
    const [ids, others] = plans.map(({ resources }) =>
      resources.filter(({ existing, type }) => !existing && !type.endsWith("/roleAssignments")).map(({ id }) => id),
    );
    expect(ids?.filter((id) => others?.includes(id))).toEqual([]);
  });

  it("have roles of different names", async () => {
    const names = await Promise.all(
      ["shared-storage-dev", "shared-storage-prod"].map(async (set) =>
        made(await planOf(set), "Microsoft.Authorization/roleDefinitions").map(({ body }) =>
          at(body, "properties.roleName"),
        ),
      ),
    );
    expect(new Set(names.flat()).size).toBe(4);
  });

  it("leave the tables in an own storage account their usual name", async () => {
    expect(settingsOf(await planOf("one-account"))).not.toHaveProperty("ROTATION_TABLE_PREFIX");
  });
});

describeBicep("an existing resource group", () => {
  it("is no resource of the deployment, so that `azd down` leaves it alone", async () => {
    expect(await groups("shared-storage-dev")).toEqual([]);
    expect((await planOf("shared-storage-dev")).outputs["AZURE_RESOURCE_GROUP"]).toBe("shared");
    expect(await groups("one-account")).toEqual(["rg-batch-key-rotator-dev"]);
  });
});

describeBicep("a thousand accounts in the file", () => {
  const set = "thousand-accounts";

  it("each get one assignment, and no deployment holds more than 800 resources", async () => {
    const plan = await planOf(set);
    const scopes = assignmentsOf(plan).map(({ scope }) => scope);
    expect(new Set(scopes.filter((scope) => scope.includes("/microsoft.batch/"))).size).toBe(1_000);
    const perModule = new Map<string, Set<string>>();
    for (const { module, symbol } of plan.resources) {
      const parts = `${module}${symbol}`.split("/");
      parts.forEach((part, i) => {
        const above = parts.slice(0, i).join("/");
        perModule.set(above, (perModule.get(above) ?? new Set()).add(part));
      });
    }
    expect(Math.max(...[...perModule.values()].map(({ size }) => size))).toBeLessThanOrEqual(800);
  });

  it("are in no setting and in no query of more than 64 KB", async () => {
    const plan = await planOf(set);
    expect(settingsOf(plan)["ROTATION_ACCOUNTS"]).toBe("@accounts.json");
    const queries = made(plan, "Microsoft.Insights/scheduledQueryRules").map(({ name, body }) => ({
      name,
      query: String(at(body, "properties.criteria.allOf.0.query")),
    }));
    expect(Math.max(...queries.map(({ query }) => query.length))).toBeLessThan(64 * 1_024);
    const watched = queries.filter(({ name }) => name.includes("manual-regeneration"));
    expect(watched.map(({ query }) => query.match(/\/batchAccounts\/batch\d{4}weu"/g)?.length)).toEqual([
      200, 200, 200, 200, 200,
    ]);
    expect(new Set(watched.map(({ name }) => name)).size).toBe(5);
  });
});

describeBicep("rights on secrets alone", () => {
  it("are assigned on each secret of an existing vault", async () => {
    const scopes = assignmentsOf(await planOf("existing-vault")).map(({ scope }) => scope);
    const vault = resourceId(1, "shared", "Microsoft.KeyVault/vaults/shared-keys").toLowerCase();
    expect(scopes.filter((scope) => scope.includes("/microsoft.keyvault/"))).toEqual([
      `${vault}/secrets/renderweu-batch-key`,
    ]);
  });
});

describeBicep("callers through a private endpoint", () => {
  it("are the only ones that reach the app", async () => {
    const plan = await planOf("private-inbound");
    const [site] = made(plan, "Microsoft.Web/sites");
    expect(at(site?.body, "properties.publicNetworkAccess")).toBe("Disabled");
    const endpoints = made(plan, "Microsoft.Network/privateEndpoints").map(({ body }) =>
      at(body, "properties.privateLinkServiceConnections.0.properties.groupIds.0"),
    );
    expect(endpoints).toEqual(["blob", "queue", "table", "vault", "sites"]);
    expect(made(plan, "Microsoft.Network/privateDnsZones").map(({ name }) => name)).toContain(
      "privatelink.azurewebsites.net",
    );
  });
});

describeBicep("existing private DNS zones", () => {
  it("resolve the names of all endpoints, and no zone is created", async () => {
    const existing = { existingPrivateDnsZonesResourceGroupId: resourceId(0, "dns", "").replace(/\/providers\/$/, "") };
    const plan = await withParameters("private-inbound", existing, planOf);
    expect(made(plan, "Microsoft.Network/privateDnsZones")).toEqual([]);
    const zones = made(plan, "Microsoft.Network/privateEndpoints/privateDnsZoneGroups").map(({ body }) =>
      at(body, "properties.privateDnsZoneConfigs.0.properties.privateDnsZoneId"),
    );
    expect(zones).toEqual(
      [
        "privatelink.blob.core.windows.net",
        "privatelink.queue.core.windows.net",
        "privatelink.table.core.windows.net",
        "privatelink.vaultcore.azure.net",
        "privatelink.azurewebsites.net",
      ].map((zone) => resourceId(0, "dns", `Microsoft.Network/privateDnsZones/${zone}`)),
    );
  });
});

describeBicep("an option", () => {
  it("recovers the deleted vault of an earlier deployment", async () => {
    expect(at(await first({ recoverVault: true }, "Microsoft.KeyVault/vaults"), "properties.createMode")).toBe(
      "recover",
    );
  });

  it("locks the storage account and the vault", async () => {
    const plan = await withParameters("one-account", { lockStorageAndVault: true }, planOf);
    expect(
      made(plan, "Microsoft.Authorization/locks").map(({ scope, body }) => [
        scope?.split("/").at(-2),
        at(body, "properties.level"),
      ]),
    ).toEqual([
      ["storageAccounts", "CanNotDelete"],
      ["vaults", "CanNotDelete"],
    ]);
  });

  it("sets zones, copies and memory", async () => {
    const values = { zoneRedundant: true, storageSku: "Standard_GZRS", instanceMemoryMB: 4_096 };
    expect(at(await first(values, "Microsoft.Web/serverfarms"), "properties.zoneRedundant")).toBe(true);
    expect(at(await first(values, "Microsoft.Storage/storageAccounts"), "sku.name")).toBe("Standard_GZRS");
    expect(
      at(
        await first(values, "Microsoft.Web/sites"),
        "properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMB",
      ),
    ).toBe(4_096);
  });
});
