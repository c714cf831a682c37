import { readFileSync } from "node:fs";
import path from "node:path";
import { at, describeBicep, infraFolder, made, type Plan, planOf, withParameters } from "../../unit/infra/bicep";

const queryFile = (name: string): string => readFileSync(path.join(infraFolder, `queries/${name}.kql`), "utf8");

const rulesOf = (plan: Plan) =>
  made(plan, "Microsoft.Insights/scheduledQueryRules").map(({ name, body }) => ({
    name: name.replace(/^alert-[a-z0-9]+-/, ""),
    body,
    criterion: at(body, "properties.criteria.allOf.0"),
  }));

/** The addresses in the e-mails. */
const remedies = async (set: string) =>
  rulesOf(await planOf(set)).map(({ body }) => String(at(body, "properties.actions.customProperties.remedy")));

const receiversWith = async (values: object) =>
  at(
    made(await withParameters("one-account", { ...values }, planOf), "Microsoft.Insights/actionGroups")[0]?.body,
    "properties",
  );

/** The subscriptions that send their activity log. */
const exportsOf = async (set: string) =>
  made(await planOf(set), "Microsoft.Insights/diagnosticSettings").filter(
    ({ name, scope }) => name.startsWith("batch-key-") && /^\/subscriptions\/[^/]+$/.test(scope ?? ""),
  );

describeBicep("the alerts", () => {
  /** Title, severity, window and condition of each. */
  const expected = {
    stalled: ["A rotation is stalled", 2, "PT2H", "Count > 0"],
    blocked: ["A rotation is blocked", 2, "PT2H", "Count > 0"],
    overdue: ["A rotation is overdue", 2, "PT2H", "Count > 0"],
    unchecked: ["An account could not be compared", 2, "PT2H", "Count > 0"],
    "history-behind": ["A history stays behind", 3, "PT2H", "Count > 0"],
    unhealthy: ["A consumer is unhealthy", 2, "P1D", "Count > 0"],
    drift: ["A published key was no live key", 2, "PT2H", "Count > 0"],
    "rolled-back": ["A rotation was rolled back", 3, "PT2H", "Count > 0"],
    "leaked-key": ["The rotation of a leaked key ended early", 1, "P1D", "Count > 0"],
    orphaned: ["A record belongs to no configured account", 2, "P1D", "Count > 0"],
    contested: ["Two rotators publish to one secret", 2, "P1D", "Count > 0"],
    "key-in-account": ["A Batch account holds a copy of its own key", 2, "P1D", "Count > 0"],
    conflict: ["Two configurations work on one account", 2, "P1D", "Count > 0"],
    discovery: ["Accounts cannot be found or rotated", 2, "P1D", "Count > 0"],
    "work-lost": ["Accounts that went to the queue were not processed", 2, "PT2H", "Count > 0"],
    "fleet-stopped": ["The fleet is stopped", 1, "P1D", "Count > 0"],
    "unknown-reader": ["An unknown reader reads a secret", 3, "P1D", "Count > 0"],
    "alert-dropped": ["The webhook refuses alarms", 3, "PT2H", "Count > 0"],
    "configuration-invalid": ["The settings are wrong", 1, "PT30M", "Count > 0"],
    "manual-regeneration": ["A key was regenerated outside the rotator", 2, "PT2H", "Count > 0"],
    failed: ["executions fail", 3, "PT30M", "Failures >= 3"],
    "rotator-dead": ["the rotator is dead", 1, "PT30M", "Ticks < 1"],
  };
  const marks: Readonly<Record<string, string>> = { GreaterThan: ">", GreaterThanOrEqual: ">=", LessThan: "<" };

  it("are exactly these, and fire at once", async () => {
    const rules = rulesOf(await planOf("one-account"));
    const found = rules.map(({ name, body, criterion }) => {
      const what = String(at(criterion, "metricMeasureColumn") ?? at(criterion, "timeAggregation"));
      const fires = `${what} ${marks[String(at(criterion, "operator"))] ?? "?"} ${String(at(criterion, "threshold"))}`;
      const title = String(at(body, "properties.displayName")).replace("Batch keys: ", "");
      return [name, [title, at(body, "properties.severity"), at(body, "properties.windowSize"), fires]];
    });
    expect(Object.fromEntries(found)).toEqual(expected);
    for (const { body, criterion } of rules) {
      expect(body).toMatchObject({
        location: "westeurope",
        tags: { "azd-env-name": "dev" },
        kind: "LogAlert",
        properties: {
          description: expect.stringMatching(/^[A-Z].{40,}\.$/),
          enabled: true,
          evaluationFrequency: "PT15M",
          autoMitigate: true,
          skipQueryValidation: true,
        },
      });
      expect(at(criterion, "failingPeriods")).toEqual({ numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 });
    }
  });

  it("use the queries of infra/queries", async () => {
    for (const { name, criterion } of rulesOf(await planOf("one-account"))) {
      const [before = "", ...after] = queryFile(name).split(/__[A-Z_]+__/);
      const query = String(at(criterion, "query"));
      expect(query.startsWith(before)).toBe(true);
      expect(query.endsWith(after.at(-1) ?? before)).toBe(true);
      expect(query).not.toMatch(/__[A-Z_]+__/);
    }
  });

  it("query the workspace, with one alert for each account whatever its reason: one dimension at most", async () => {
    const plan = await planOf("one-account");
    const [workspace] = made(plan, "Microsoft.OperationalInsights/workspaces");
    for (const { name, body, criterion } of rulesOf(plan)) {
      expect(at(body, "properties.scopes")).toEqual([workspace?.id]);
      const dimensions = at(criterion, "dimensions");
      const each = Array.isArray(dimensions) ? dimensions : [];
      const split = each.map((dimension) => at(dimension, "name"));
      expect(each).toEqual(split.map((column) => ({ name: column, operator: "Include", values: ["*"] })));
      const expectedSplit: Readonly<Record<string, readonly string[]>> = {
        failed: ["What"],
        "rotator-dead": [],
        "configuration-invalid": [],
        "work-lost": [],
        "fleet-stopped": [],
      };
      expect([name, split]).toEqual([name, expectedSplit[name] ?? ["Account"]]);
    }
  });

  it.each([
    ["one-account", /\/actionGroups\/ag-[a-z0-9]+$/],
    ["existing-vault", /\/resourceGroups\/monitoring\/providers\/Microsoft.Insights\/actionGroups\/on-call$/],
  ])("all use the action group, new or existing: %s", async (set, group) => {
    const called = rulesOf(await planOf(set)).map(({ body }) => at(body, "properties.actions.actionGroups"));
    expect(called.length).toBeGreaterThan(8);
    expect(called.filter((groups) => !Array.isArray(groups) || groups.length !== 1 || !group.test(groups[0]))).toEqual(
      [],
    );
  });

  it("each lead to the section of docs/operate.md that says what to do", async () => {
    const operate = readFileSync(path.join(infraFolder, "../docs/operate.md"), "utf8");
    const sections = [...operate.matchAll(/^## (.+)$/gm)].map(([, heading = ""]) =>
      heading.toLowerCase().replaceAll(" ", "-"),
    );
    const ofAlerts = sections.filter((name) => name !== "every-reason-and-alarm" && name !== "the-page");
    expect(new Set(await remedies("one-account"))).toEqual(new Set(ofAlerts.map((name) => `docs/operate.md#${name}`)));
    expect((await remedies("every-option"))[0]).toMatch(/^https:\/\/example\.com\/docs\/operate\.md#/);
  });

  it("notify the configured addresses, or otherwise the owners of the subscription", async () => {
    expect(await receiversWith({})).toMatchObject({
      enabled: true,
      emailReceivers: [{ emailAddress: "batch-team@example.com", useCommonAlertSchema: true }],
      armRoleReceivers: [],
    });
    expect(await receiversWith({ alertEmails: "" })).toMatchObject({
      emailReceivers: [],
      armRoleReceivers: [{ roleId: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", useCommonAlertSchema: true }],
    });
  });

  it("watch the activity of other callers in every subscription with an account, unless disabled", async () => {
    expect((await exportsOf("ten-accounts")).map(({ scope }) => scope)).toEqual([
      "/subscriptions/11111111-1111-4111-8111-111111111111",
      "/subscriptions/22222222-2222-4222-8222-222222222222",
      "/subscriptions/33333333-3333-4333-8333-333333333333",
    ]);
    expect(at((await exportsOf("one-account"))[0]?.body, "properties.logs")).toEqual([
      { category: "Administrative", enabled: true },
    ]);
    expect(await exportsOf("existing-vault")).toEqual([]);
    expect(rulesOf(await planOf("existing-vault")).map(({ name }) => name)).not.toContain("manual-regeneration");
  });

  it("exclude the rotator and include its accounts when they look for other callers", async () => {
    const rule = rulesOf(await planOf("ten-accounts")).find(({ name }) => name === "manual-regeneration");
    const query = String(at(rule?.criterion, "query"));
    expect(query.match(/\/batchAccounts\/batch\d\dweu"/g)).toHaveLength(10);
    expect(query).toContain('["<identity.properties.principalId>", "<identity.properties.clientId>"]');
  });
});

describeBicep("the workbook", () => {
  it("shows key age, phase and reason, time per phase, rotations per month, and consumers on the old key", async () => {
    const plan = await planOf("one-account");
    const [workspace] = made(plan, "Microsoft.OperationalInsights/workspaces");
    const [workbook] = made(plan, "Microsoft.Insights/workbooks");
    expect(workbook?.body).toMatchObject({
      location: "westeurope",
      tags: { "azd-env-name": "dev" },
      kind: "shared",
      properties: { displayName: "Batch keys", category: "workbook", sourceId: workspace?.id, version: "Notebook/1.0" },
    });
    const { items }: { items: readonly { type: number; content: { title: string; query: string } }[] } = JSON.parse(
      String(at(workbook?.body, "properties.serializedData")),
    );
    const shown = items.filter(({ type }) => type === 3).map(({ content: { title, query } }) => [title, query]);
    expect(shown).toEqual([
      ["Phase and reason now", queryFile("state-now")],
      ["Consumers on the old key", queryFile("consumers-on-old-key")],
      ["Age of the published key, in days", queryFile("key-age")],
      ["Time in each phase, in minutes", queryFile("phase-times")],
      ["Rotations by month", queryFile("rotations-by-month")],
    ]);
  });
});
