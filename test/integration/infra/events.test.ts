import { at, describeBicep, made, type Plan, planOf, withParameters } from "../../unit/infra/bicep";
import { readScript } from "../../unit/docs/shell";
import { commandProblems } from "../../unit/docs/tools";

const planned = (set: string, values: object = {}): Promise<Plan> =>
  withParameters(set, { ...values }, (file) => planOf(file, { template: "resources.bicep" }));

const topicsOf = (plan: Plan) => made(plan, "Microsoft.EventGrid/systemTopics");
const subscriptionsOf = (plan: Plan) => made(plan, "Microsoft.EventGrid/systemTopics/eventSubscriptions");
const commandsOf = ({ outputs }: Plan): readonly string[] => {
  const commands = outputs["eventCommands"];
  return Array.isArray(commands) ? commands.map(String) : [];
};

const existingRoles = { existingBatchRoleDefinitionId: "/b/1", existingVaultRoleDefinitionId: "/v/1" };
const deployed = { appIsDeployed: true };

describeBicep("events", () => {
  it.each([
    ["by default", {}, [4, 0, 0]],
    ["by default, once the app is deployed", deployed, [4, 4, 0]],
    ["with two existing roles", { ...existingRoles, ...deployed }, [0, 0, 3]],
    ["with two existing roles, but wanted", { ...existingRoles, ...deployed, watchEvents: "true" }, [4, 4, 0]],
    ["without role assignments", { createRoleAssignments: false, ...deployed }, [0, 0, 3]],
    ["as commands", { watchEvents: "commands", ...deployed }, [0, 0, 3]],
    ["not wanted", { watchEvents: "false", ...deployed }, [0, 0, 0]],
  ])("have topics, subscriptions or commands: %s", async (_what, values, expected) => {
    const plan = await planned("ten-accounts", values);
    expect([topicsOf(plan).length, subscriptionsOf(plan).length, commandsOf(plan).length]).toEqual(expected);
  });

  it("are sent by these commands, where the deployment may not do it", async () => {
    const steps = commandsOf(await planned("ten-accounts", { watchEvents: "commands" }))
      .map((text) => text.replaceAll(/[<>]/g, ""))
      .flatMap(readScript);
    const words = steps.flatMap((step) => (step.kind === "runs" ? [step.words] : []));
    expect(words.length).toBeGreaterThanOrEqual(3);
    expect(words.flatMap(commandProblems)).toEqual([]);
  });

  it("come from a topic in the subscription that it is about", async () => {
    const topics = topicsOf(await planned("ten-accounts"));
    const ofSubscriptions = topics.filter(({ body }) => String(at(body, "properties.topicType")).includes("Resources"));
    expect(ofSubscriptions).toHaveLength(3);
    for (const { id, body } of ofSubscriptions)
      expect(id.toLowerCase().startsWith(`${String(at(body, "properties.source"))}/`)).toBe(true);
  });

  it("are those of keys and secrets alone, with the function's own key; the undelivered ones are kept", async () => {
    const plan = await planned("one-account", deployed);
    const [ofKeys, ofSecrets] = subscriptionsOf(plan).map(({ body }) => at(body, "properties"));
    expect(ofKeys).toMatchObject({
      destination: {
        endpointType: "WebHook",
        properties: { endpointUrl: expect.stringContaining("/api/events?code=") },
      },
      filter: {
        includedEventTypes: ["Microsoft.Resources.ResourceActionSuccess"],
        advancedFilters: [
          {
            operatorType: "StringIn",
            key: "data.operationName",
            values: [
              "Microsoft.Batch/batchAccounts/regenerateKeys/action",
              "Microsoft.Batch/batchAccounts/listKeys/action",
            ],
          },
        ],
      },
      deadLetterWithResourceIdentity: { deadLetterDestination: { endpointType: "StorageBlob" } },
    });
    expect(String(at(ofKeys, "destination.properties.endpointUrl"))).toContain("receiveEvents");
    expect(ofSecrets).toMatchObject({
      filter: {
        includedEventTypes: ["SecretNewVersionCreated", "SecretNearExpiry", "SecretExpired"].map(
          (type) => `Microsoft.KeyVault.${type}`,
        ),
        advancedFilters: [],
      },
    });
  });

  it("are sent with the identity of the topics too, where operators sign in", async () => {
    const signInClientId = "44444444-4444-4444-8444-444444444444";
    const operatorGroupIds = "55555555-5555-4555-8555-555555555555";
    const plan = await planned("one-account", { ...deployed, signInClientId, operatorGroupIds });
    for (const { body } of subscriptionsOf(plan)) {
      expect(at(body, "properties.destination")).toBeUndefined();
      expect(at(body, "properties.deliveryWithResourceIdentity")).toMatchObject({
        identity: { type: "UserAssigned" },
        destination: { properties: { azureActiveDirectoryApplicationIdOrUri: signInClientId } },
      });
    }
    const policy = "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedPrincipals";
    const [settings] = made(plan, "Microsoft.Web/sites/config").map(({ body }) => at(body, `properties.${policy}`));
    expect(settings).toMatchObject({ groups: [operatorGroupIds], identities: [expect.any(String)] });
  });

  it("do not reach an app that accepts private endpoints only, and no storage account that does", async () => {
    expect(topicsOf(await planned("private-inbound", deployed))).toEqual([]);
    const plan = await planned("private-network", deployed);
    expect(subscriptionsOf(plan)).toHaveLength(2);
    for (const { body } of subscriptionsOf(plan))
      expect(at(body, "properties.deadLetterWithResourceIdentity")).toBeUndefined();
  });

  it.each([
    [{ allowedInboundRanges: "203.0.113.0/24" }, ["203.0.113.0/24", "AzureEventGrid"]],
    [{ allowedInboundRanges: "203.0.113.0/24", watchEvents: "false" }, ["203.0.113.0/24"]],
    [{}, []],
  ])("pass the firewall of the app: %j", async (values, expected) => {
    const [site] = made(await planned("one-account", values), "Microsoft.Web/sites");
    const rules = at(site?.body, "properties.siteConfig.ipSecurityRestrictions");
    expect(Array.isArray(rules) ? rules.map((rule) => at(rule, "ipAddress")) : null).toEqual(expected);
  });
});
