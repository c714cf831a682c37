import * as fc from "fast-check";
import type { Environment } from "../../../lib/config/settings/reader";
import { readSettings } from "../../../lib/config/settings/settings";
import { ConfigError } from "../../../lib/errors";
import { anAccount, anEnvironment, batchId, noFiles, problemsOf, statesRemedy, withConfiguration } from "./builders";
import { words } from "../../builders/words";

/** Is part of every wrong value and must not appear in any problem. */
const leak = "LEAKED";
const leakedNumber = 987_654_321;

const badConfiguration = {
  [`unknown ${leak} key`]: leak,
  defaults: { name: leak, rotateEvery: leak },
  accounts: [
    anAccount({
      name: leak,
      secret: { vaultUrl: `https://user:${leak}@keys.vault.azure.net`, name: `${leak}_` },
      rotateEvery: leakedNumber,
      window: { days: [leak], from: leak, to: leak, timeZone: leak },
      gate: {
        mode: leak,
        consumers: [
          { name: `${leak}/1`, instances: leakedNumber, healthUrl: `http://a.example.com/?token=${leak}` },
          leak,
        ],
        soak: leak,
      },
      stalledAfter: leak,
    }),
    anAccount({ name: "twice", rotateEvery: "P30D", expireAfter: "P29D" }, 2),
    anAccount({ name: "twice", resourceId: batchId(2), gate: { mode: "signals", consumers: [] } }, 2),
    leak,
  ],
};

const badSettings = {
  AzureWebJobsStorage: leak,
  AzureWebJobsStorage__accountName: leak,
  ROTATION_TABLE_PREFIX: `${leak}-`,
  ROTATION_SCHEDULE: leak,
  ROTATION_DRY_RUN: leak,
  ROTATION_ALERT_WEBHOOK_URL: `http://example.com/${leak}`,
  ROTATION_ALERT_WEBHOOK_FORMAT: leak,
  ROTATION_ALERT_WEBHOOK_SECRET: `whsec_${leak}`,
  ROTATION_ALERT_WEBHOOK_EVENTS: leak,
  ROTATION_HEARTBEAT_URL: `http://example.com/${leak}`,
  ROTATION_HEARTBEAT_FAIL: leak,
  ROTATION_CLOUD: leak,
  ROTATION_ARM_ENDPOINT: `http://${leak}`,
  ROTATION_LOG_WORKSPACE_ID: leak,
  ROTATION_LOG_ENDPOINT: `http://${leak}`,
  ROTATION_EMULATED: leak,
  ROTATION_CLAIM: leak,
  ROTATION_QUARANTINE: leak,
  ROTATION_PLATFORM_SYNC: leak,
  AZURE_CLIENT_ID: leak,
};

describe("a bad configuration", () => {
  const problems = problemsOf(withConfiguration(badConfiguration, badSettings));
  const places = problems.map(({ at }) => at);

  it("is reported completely, settings and accounts together, each by name", () => {
    const inFirst = words(`
      name secret/vaultUrl secret/name rotateEvery window/days/0 window/from window/to window/timeZone stalledAfter
      gate/mode gate/consumers/0/name gate/consumers/0/instances gate/consumers/0/healthUrl gate/consumers/1 gate/soak
    `);
    const inAccounts = [
      "",
      ...words("/defaults/name /defaults/rotateEvery"),
      ...inFirst.map((member) => `/accounts/0/${member}`),
      ...words("/accounts/1/expireAfter /accounts/2/name /accounts/2/resourceId /accounts/2/secret"),
      ...words("/accounts/2/gate/consumers /accounts/3"),
    ].map((pointer) => `ROTATION_ACCOUNTS${pointer}`);
    // The storage setting has two mistakes: its own value, and its use together with the account's name.
    expect([...places].toSorted()).toEqual(
      [...Object.keys(badSettings), "AzureWebJobsStorage", ...inAccounts]
        .filter((at) => at !== "AzureWebJobsStorage__accountName")
        .toSorted(),
    );
  });

  it("is reported with one remedy per problem, in one line without a full stop", () => {
    expect(problems.filter((problem) => !statesRemedy(problem))).toEqual([]);
  });

  it("is reported without its values", () => {
    const reported = `${JSON.stringify(problems)} ${new ConfigError(problems).message}`;
    expect(reported).not.toContain(leak);
    expect(reported).not.toContain(String(leakedNumber));
    expect(reported).not.toContain("P29D");
  });
});

/** The error thrown, if any. */
const thrownBy = (env: Environment, read: (path: string) => string): unknown => {
  try {
    readSettings(env, { read });
    return null;
  } catch (error) {
    return error;
  }
};

const isConfigErrorOrNothing = (thrown: unknown): boolean => thrown === null || thrown instanceof ConfigError;

describe("readSettings", () => {
  /** Values with one mistake, which pass more of the checks than values with many. */
  const nearlyRight = fc.record(
    {
      name: fc.oneof(fc.constant("render-weu"), fc.jsonValue()),
      resourceId: fc.oneof(fc.constant(batchId()), fc.jsonValue()),
      secret: fc.oneof(fc.constant({ vaultUrl: "https://a.vault.azure.net", name: "a" }), fc.jsonValue()),
      rotateEvery: fc.oneof(fc.constant("P60D"), fc.jsonValue()),
      expireAfter: fc.oneof(fc.constant("P61D"), fc.jsonValue()),
      window: fc.oneof(
        fc.record(
          { days: fc.jsonValue(), from: fc.jsonValue(), to: fc.jsonValue(), timeZone: fc.string() },
          { requiredKeys: [] },
        ),
        fc.jsonValue(),
      ),
      gate: fc.oneof(
        fc.record(
          { mode: fc.constantFrom("signals", "approval", "delay"), consumers: fc.jsonValue(), delay: fc.jsonValue() },
          { requiredKeys: [] },
        ),
        fc.jsonValue(),
      ),
      stalledAfter: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  it("throws only ConfigError for any configuration", () => {
    const configuration = fc.oneof(
      fc.jsonValue(),
      fc.record({ defaults: nearlyRight, accounts: fc.array(nearlyRight, { maxLength: 3 }) }, { requiredKeys: [] }),
    );
    fc.assert(
      fc.property(configuration, (value) => {
        const env = anEnvironment({ ROTATION_ACCOUNTS: JSON.stringify(value) });
        expect(isConfigErrorOrNothing(thrownBy(env, noFiles.read))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("throws only ConfigError for any settings and files", () => {
    const names = [
      ...Object.keys(badSettings),
      "ROTATION_ACCOUNTS",
      "ROTATION_STORAGE",
      "AzureWebJobsStorage__tableServiceUri",
    ];
    const env = fc.dictionary(
      fc.constantFrom(...names),
      fc.oneof(fc.string(), fc.webUrl(), fc.json(), fc.constant("@a.json"), fc.constant("true")),
    );
    fc.assert(
      fc.property(env, fc.string(), (settings, text) => {
        expect(isConfigErrorOrNothing(thrownBy(anEnvironment(settings), () => text))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it.each(["__proto__", "constructor", "toString"])("treats the key %s as unknown", (key) => {
    const text = JSON.stringify({ accounts: [anAccount()] }).replace(
      '{"accounts"',
      `{"${key}":{"paused":true},"accounts"`,
    );
    expect(problemsOf(anEnvironment({ ROTATION_ACCOUNTS: text })).map(({ at }) => at)).toEqual([
      `ROTATION_ACCOUNTS/${key}`,
    ]);
  });
});
