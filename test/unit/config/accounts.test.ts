import {
  aGuid,
  accountOf,
  accountPlaces,
  anAccount,
  batchId,
  emulated,
  everyMember,
  placesOf,
  problemsOf,
  settingsOf,
  statesRemedy,
  withConfiguration,
} from "./builders";

const minute = 60_000;
const hour = 3_600_000;
const day = 86_400_000;

const read = (defaults: object, ...accounts: readonly object[]) =>
  settingsOf(withConfiguration({ defaults, accounts })).accounts;

const inGroup = (what: string): string =>
  `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/render/providers/Microsoft.${what}`;
const siteId = inGroup("Web/sites/render-web");
const consumer = (changes: object) => ({ gate: { consumers: [{ name: "render-api", ...changes }] } });

const consumersNamed = (...names: readonly string[]) => ({ gate: { consumers: names.map((name) => ({ name })) } });

const problemsAmong = (...accounts: readonly object[]) => problemsOf(withConfiguration({ accounts }));

test("an identity is compared in lower case; readers may hold the gate where the audit log is asked", () => {
  const account = anAccount({
    gate: { consumers: [{ name: "a", identity: "0B7C1A2D-3E4F-4A5B-8C6D-7E8F9A0B1C2D" }], unknownReaders: "hold" },
  });
  const env = withConfiguration({ accounts: [account] }, { ROTATION_LOG_WORKSPACE_ID: aGuid });
  expect(settingsOf(env).accounts[0]?.gate).toMatchObject({
    consumers: [{ name: "a", identity: "0b7c1a2d-3e4f-4a5b-8c6d-7e8f9a0b1c2d" }],
    unknownReaders: "hold",
  });
});

describe("an account's defaults", () => {
  it("are those of the contract", () => {
    expect(accountOf({ gate: { consumers: [{ name: "render-api" }] } })).toEqual({
      name: "render1",
      batch: {
        resourceId: batchId(1),
        subscriptionId: "00000000-0000-0000-0000-000000000000",
        resourceGroup: "render",
        accountName: "render1",
      },
      secret: { vaultUrl: "https://keys.vault.azure.net", name: "render1-key" },
      rotateEveryMs: 60 * day,
      expireAfterMs: 90 * day,
      window: null,
      settleOn: "alternate",
      probe: "dataPlane",
      reconcileEveryMs: 6 * hour,
      paused: false,
      gate: {
        mode: "signals",
        consumers: [{ name: "render-api", instances: 1, proof: "optional", healthUrl: null, platform: null }],
        soakMs: 10 * minute,
        signalFreshnessMs: 15 * minute,
        forgetInstanceAfterMs: day,
        delayMs: null,
        rollbackWhenUnhealthyForMs: null,
        leastEvidence: "platform",
        searchAccount: true,
        unknownReaders: "report",
      },
      stalledAfterMs: {
        adopting: 3 * day,
        started: 30 * minute,
        regenerated: 30 * minute,
        published: day,
        retired: 30 * minute,
        settling: day,
      },
      remindEveryMs: 6 * hour,
    });
  });

  it("let the secret expire 30 days after rotateEvery, whatever that is", () => {
    expect(accountOf({ rotateEvery: "P10D" }).expireAfterMs).toBe(40 * day);
  });

  it("name the account as its Batch account, in lower case", () => {
    const resourceId = batchId(1).replace("render1", "RenderWEU1");
    expect(accountOf({ resourceId }).name).toBe("renderweu1");
    expect(accountOf({ resourceId }).batch.accountName).toBe("RenderWEU1");
  });
});

test.each([
  ["dataPlane", undefined, true],
  ["dataPlane", false, false],
  ["none", undefined, false],
  ["none", false, false],
] as const)("with probe %s and searchAccount %s, an account is searched: %s", (probe, searchAccount, searched) => {
  const gate = { consumers: [{ name: "render-api" }], ...(searchAccount === undefined ? {} : { searchAccount }) };
  expect(accountOf({ probe, gate }).gate.searchAccount).toBe(searched);
});

test("an account that is not probed cannot be searched", () => {
  const gate = { consumers: [{ name: "render-api" }], searchAccount: true };
  expect(accountPlaces({ probe: "none", gate })).toEqual(["/gate/searchAccount"]);
});

test("an account's settings are taken as given, with durations in milliseconds", () => {
  const account = accountOf(everyMember);
  expect(account).toMatchObject({
    name: "render-weu",
    rotateEveryMs: 30 * day,
    expireAfterMs: 45 * day,
    window: everyMember.window,
    settleOn: "primary",
    probe: "none",
    reconcileEveryMs: hour,
    paused: true,
    gate: {
      mode: "delay",
      consumers: [{ name: "a", instances: 3, proof: "required", healthUrl: "https://a.example.com/health" }],
      soakMs: 0,
      signalFreshnessMs: 5 * minute,
      forgetInstanceAfterMs: 2 * hour,
      delayMs: 7 * day,
      rollbackWhenUnhealthyForMs: 30 * minute,
    },
    stalledAfterMs: {
      adopting: day,
      started: minute,
      regenerated: 2 * minute,
      published: 3 * minute,
      retired: 4 * minute,
      settling: 5 * minute,
    },
    remindEveryMs: day,
  });
});

describe("defaults", () => {
  it("apply where an account sets nothing", () => {
    const accounts = read({ rotateEvery: "P30D", paused: true }, anAccount({}, 1), anAccount({ paused: false }, 2));
    expect(accounts.map(({ rotateEveryMs, paused }) => [rotateEveryMs, paused])).toEqual([
      [30 * day, true],
      [30 * day, false],
    ]);
  });

  it("are merged key by key within gate and stalledAfter", () => {
    const [account] = read(
      { gate: { soak: "PT1H", consumers: [{ name: "everyone" }] }, stalledAfter: { started: "PT1H", retired: "PT2H" } },
      anAccount({ gate: { signalFreshness: "PT1M" }, stalledAfter: { retired: "PT3H" } }),
    );
    expect(account?.gate).toMatchObject({ soakMs: hour, signalFreshnessMs: minute, consumers: [{ name: "everyone" }] });
    expect(account?.stalledAfterMs).toMatchObject({ started: hour, retired: 3 * hour, settling: day });
  });

  it("are replaced as a whole where an account has its own window or consumers", () => {
    const [account] = read(
      {
        window: { days: ["Mon"], from: "01:00", to: "02:00", timeZone: "UTC" },
        gate: { consumers: [{ name: "everyone", instances: 9 }] },
      },
      anAccount({ window: null, gate: { consumers: [{ name: "mine" }] } }),
    );
    expect(account?.window).toBeNull();
    expect(account?.gate.consumers).toEqual([
      { name: "mine", instances: 1, proof: "optional", healthUrl: null, platform: null },
    ]);
  });

  it.each(["name", "resourceId", "secret"])("may not hold %s", (key) => {
    expect(placesOf(withConfiguration({ defaults: { [key]: "x" }, accounts: [anAccount()] }))).toEqual([
      `ROTATION_ACCOUNTS/defaults/${key}`,
    ]);
  });

  it("have their mistakes reported once, not once for each account", () => {
    const accounts = [anAccount({}, 1), anAccount({}, 2)];
    expect(placesOf(withConfiguration({ defaults: { rotateEvery: "often" }, accounts }))).toEqual([
      "ROTATION_ACCOUNTS/defaults/rotateEvery",
    ]);
  });

  it("may hold a delay for the accounts in mode delay", () => {
    const [signals, delayed] = read(
      { gate: { delay: "P7D" } },
      anAccount({}, 1),
      anAccount({ gate: { mode: "delay" } }, 2),
    );
    expect(signals?.gate.delayMs).toBeNull();
    expect(delayed?.gate.delayMs).toBe(7 * day);
  });

  it("may not hold a delay together with another mode", () => {
    const defaults = { gate: { mode: "approval", delay: "P7D" } };
    expect(placesOf(withConfiguration({ defaults, accounts: [anAccount()] }))).toEqual([
      "ROTATION_ACCOUNTS/defaults/gate/delay",
    ]);
  });
});

describe("the configuration as a whole", () => {
  it.each([
    ["no object", [], [""]],
    ["null", null, [""]],
    ["no accounts", {}, ["/accounts"]],
    ["an empty list of accounts", { accounts: [] }, ["/accounts"]],
    ["accounts that are not a list", { accounts: {} }, ["/accounts"]],
    ["an account that is not an object", { accounts: [5] }, ["/accounts/0"]],
    ["defaults that are not an object", { defaults: 5, accounts: [anAccount()] }, ["/defaults"]],
    ["an unknown key", { accounts: [anAccount()], acounts: [] }, ["/acounts"]],
    ["a $schema that is not a string", { $schema: 1, accounts: [anAccount()] }, ["/$schema"]],
  ])("is refused when it is or contains %s", (_what, configuration, places) => {
    expect(placesOf(withConfiguration(configuration))).toEqual(places.map((at) => `ROTATION_ACCOUNTS${at}`));
  });

  it("may name its schema, for editors", () => {
    expect(placesOf(withConfiguration({ $schema: "./rotation.schema.json", accounts: [anAccount()] }))).toEqual([]);
  });
});

describe("each key of an account", () => {
  const secret = { vaultUrl: "https://keys.vault.azure.net", name: "key" };
  const window = { days: ["Tue"], from: "02:00", to: "05:00", timeZone: "UTC" };
  const gate = { consumers: [{ name: "render-api" }] };

  it.each([
    ["name", "a".repeat(3)],
    ["name", "a".repeat(63)],
    ["name", "a-1"],
    ["resourceId", batchId().toUpperCase().replace("RENDER1", "render1")],
    ["resourceId", batchId().replace("resourceGroups/render", "resourceGroups/Rénder_(1).a-b")],
    ["resourceId", batchId().replace("render1", "abc")],
    ["resourceId", batchId().replace("render1", "a".repeat(24))],
    ["secret", { ...secret, vaultUrl: "https://keys.vault.azure.net/" }],
    ["secret", { ...secret, name: "a" }],
    ["secret", { ...secret, name: "A-1".padEnd(127, "z") }],
    ["rotateEvery", "P1D"],
    ["rotateEvery", "PT24H"],
    ["rotateEvery", "P730D"],
    ["expireAfter", "P60DT1S"],
    ["expireAfter", "P3650D"],
    ["window", null],
    ["window", { ...window, from: "23:55", to: "00:00" }],
    ["window", { ...window, timeZone: "America/Argentina/Buenos_Aires" }],
    ["window", { ...window, timeZone: "Etc/GMT+2" }],
    ["settleOn", "primary"],
    ["probe", "none"],
    ["reconcileEvery", "PT1M"],
    ["reconcileEvery", "PT60S"],
    ["paused", true],
    ["gate", { ...gate, soak: "PT0S" }],
    ["gate", { ...gate, signalFreshness: "PT1M" }],
    ["gate", { ...gate, signalFreshness: "PT1M", forgetInstanceAfter: "PT1M" }],
    ["gate", { ...gate, forgetInstanceAfter: "PT15M" }],
    ["gate", { ...gate, rollbackWhenUnhealthyFor: "PT1M" }],
    ["gate", { ...gate, rollbackWhenUnhealthyFor: null, delay: null }],
    ["gate", { ...gate, searchAccount: false }],
    ["gate", { mode: "approval" }],
    ["gate", { mode: "delay", delay: "PT1M" }],
    ["stalledAfter", {}],
    ["stalledAfter", { adopting: "PT1M" }],
    ["remindEvery", "PT1M"],
  ])("accepts %s %j", (key, value) => {
    expect(accountPlaces({ [key]: value })).toEqual([]);
  });

  it.each([
    ["name", "ab", ["/name"]],
    ["name", "a".repeat(64), ["/name"]],
    ["name", "Render", ["/name"]],
    ["name", "", ["/name"]],
    ["name", null, ["/name"]],
    ["resourceId", undefined, ["/resourceId"]],
    ["resourceId", `${batchId()}/`, ["/resourceId"]],
    ["resourceId", batchId().replace("00000000-0000", "00000000_0000"), ["/resourceId"]],
    ["resourceId", batchId().replace("resourceGroups/render", "resourceGroups/render."), ["/resourceId"]],
    ["resourceId", batchId().replace("resourceGroups/render", `resourceGroups/${"a".repeat(91)}`), ["/resourceId"]],
    ["resourceId", batchId().replace("render1", "ab"), ["/resourceId"]],
    ["resourceId", batchId().replace("render1", "a".repeat(25)), ["/resourceId"]],
    ["resourceId", batchId().replace("Microsoft.Batch", "MicrosoftxBatch"), ["/resourceId"]],
    ["resourceId", batchId().replace("Batch/batchAccounts", "Storage/storageAccounts"), ["/resourceId"]],
    ["secret", undefined, ["/secret"]],
    ["secret", {}, ["/secret/vaultUrl"]],
    ["secret", { name: "key" }, ["/secret/vaultUrl"]],
    ["secret", { ...secret, vaultUrl: "http://keys.vault.azure.net" }, ["/secret/vaultUrl"]],
    ["secret", { ...secret, vaultUrl: "https://keys.vault.azure.net/secrets" }, ["/secret/vaultUrl"]],
    ["secret", { ...secret, vaultUrl: "https://keys.vault.azure.net?a=b" }, ["/secret/vaultUrl"]],
    ["secret", { ...secret, vaultUrl: "https://keys.vault.azure.net#a" }, ["/secret/vaultUrl"]],
    ["secret", { ...secret, vaultUrl: "https://me:pw@keys.vault.azure.net" }, ["/secret/vaultUrl"]],
    ["secret", { ...secret, vaultUrl: "https://keys.vault.azure.net:8443" }, ["/secret/vaultUrl"]],
    ["secret", { ...secret, vaultUrl: "https://keys.vault.azure.net.example.com" }, ["/secret/vaultUrl"]],
    ["secret", { ...secret, vaultUrl: "https://keysxvault.azure.net" }, ["/secret/vaultUrl"]],
    ["secret", { ...secret, vaultUrl: "https://.vault.azure.net" }, ["/secret/vaultUrl"]],
    ["secret", { ...secret, vaultUrl: "https://a.b.vault.azure.net" }, ["/secret/vaultUrl"]],
    ["secret", { ...secret, vaultUrl: "https://keys.vault.usgovcloudapi.net" }, ["/secret/vaultUrl"]],
    ["secret", { ...secret, vaultUrl: "https://[" }, ["/secret/vaultUrl"]],
    ["secret", { ...secret, name: "" }, ["/secret/name"]],
    ["secret", { ...secret, name: "a".repeat(128) }, ["/secret/name"]],
    ["secret", { ...secret, name: "a_b" }, ["/secret/name"]],
    ["secret", { ...secret, version: "1" }, ["/secret/version"]],
    ["rotateEvery", "PT23H59M59S", ["/rotateEvery"]],
    ["rotateEvery", "P730DT1S", ["/rotateEvery"]],
    ["rotateEvery", "P2M", ["/rotateEvery"]],
    ["rotateEvery", "P1Y", ["/rotateEvery"]],
    ["rotateEvery", 60, ["/rotateEvery"]],
    ["rotateEvery", null, ["/rotateEvery"]],
    ["expireAfter", "P60D", ["/expireAfter"]],
    ["expireAfter", "P3650DT1S", ["/expireAfter"]],
    ["expireAfter", "P999999999W", ["/expireAfter"]],
    ["window", {}, ["/window/days", "/window/from", "/window/to", "/window/timeZone"]],
    ["window", { ...window, days: [] }, ["/window/days"]],
    ["window", { ...window, days: ["Tuesday"] }, ["/window/days/0"]],
    ["window", { ...window, from: "24:00" }, ["/window/from"]],
    ["window", { ...window, from: "2:00" }, ["/window/from"]],
    ["window", { ...window, to: "05:60" }, ["/window/to"]],
    ["window", { ...window, to: "02:00" }, ["/window/to"]],
    ["window", { ...window, timeZone: "Europe/Rotterdam" }, ["/window/timeZone"]],
    ["window", { ...window, timeZone: "+02:00" }, ["/window/timeZone"]],
    ["window", { ...window, duration: "PT1H" }, ["/window/duration"]],
    ["settleOn", "secondary", ["/settleOn"]],
    ["probe", true, ["/probe"]],
    ["reconcileEvery", "PT59S", ["/reconcileEvery"]],
    ["paused", "true", ["/paused"]],
    ["gate", "signals", ["/gate"]],
    ["gate", null, ["/gate"]],
    ["gate", { ...gate, mode: "vote" }, ["/gate/mode"]],
    ["gate", { ...gate, soak: "PT" }, ["/gate/soak"]],
    ["gate", { ...gate, signalFreshness: "PT59S" }, ["/gate/signalFreshness"]],
    ["gate", { ...gate, forgetInstanceAfter: "PT59S" }, ["/gate/forgetInstanceAfter"]],
    ["gate", { ...gate, rollbackWhenUnhealthyFor: "PT59S" }, ["/gate/rollbackWhenUnhealthyFor"]],
    ["gate", { ...gate, searchAccount: "yes" }, ["/gate/searchAccount"]],
    ["gate", { ...gate, quorum: 1 }, ["/gate/quorum"]],
    ["gate", { ...gate, unknownReaders: "stop" }, ["/gate/unknownReaders"]],
    ["gate", { ...gate, unknownReaders: "hold" }, ["/gate/unknownReaders"]],
    ["gate", {}, ["/gate/consumers"]],
    ["gate", undefined, ["/gate/consumers"]],
    ["gate", { mode: "signals", consumers: [] }, ["/gate/consumers"]],
    ["gate", { consumers: {} }, ["/gate/consumers"]],
    ["gate", { mode: "delay" }, ["/gate/delay"]],
    ["gate", { mode: "delay", delay: null }, ["/gate/delay"]],
    ["gate", { mode: "delay", delay: "PT59S" }, ["/gate/delay"]],
    ["gate", { mode: "approval", delay: "P7D" }, ["/gate/delay"]],
    ["gate", { ...gate, delay: "P7D" }, ["/gate/delay"]],
    ["stalledAfter", { published: "PT59S" }, ["/stalledAfter/published"]],
    ["stalledAfter", { idle: "P1D" }, ["/stalledAfter/idle"]],
    ["stalledAfter", null, ["/stalledAfter"]],
    ["remindEvery", "PT59S", ["/remindEvery"]],
    ["rotateevery", "P60D", ["/rotateevery"]],
  ])("refuses %s %j", (key, value, places) => {
    expect(accountPlaces({ [key]: value })).toEqual(places);
    expect(problemsAmong(anAccount({ [key]: value })).filter((problem) => !statesRemedy(problem))).toEqual([]);
  });

  it.each([
    { name: "A.b_c-1" },
    { name: "a".repeat(64) },
    { instances: 0 },
    { instances: 1000 },
    { proof: "required" },
    { healthUrl: null },
    { healthUrl: "https://a.example.com:8443/health?deep=1" },
    { platform: null },
    { platform: { kind: "appService", resourceId: siteId } },
    { platform: { kind: "appService", resourceId: `${siteId}/slots/staging`, refresh: false } },
    {
      platform: { kind: "appService", resourceId: siteId.toLowerCase(), restart: true },
      healthUrl: "https://a.example",
    },
    { platform: { kind: "containerApp", resourceId: inGroup("App/containerApps/render-jobs") } },
    {
      platform: {
        kind: "dataFactory",
        resourceId: inGroup("DataFactory/factories/etl"),
        linkedService: "Azure Batch 1",
      },
    },
    { identity: null },
    { identity: "0B7C1A2D-3E4F-4A5B-8C6D-7E8F9A0B1C2D" },
  ])("accepts a consumer with %j", (changes) => {
    expect(accountPlaces(consumer(changes))).toEqual([]);
  });

  it.each([
    [{ name: "" }, "name"],
    [{ name: "a".repeat(65) }, "name"],
    [{ name: "a/b" }, "name"],
    [{ instances: -1 }, "instances"],
    [{ instances: 1001 }, "instances"],
    [{ instances: 1.5 }, "instances"],
    [{ instances: "2" }, "instances"],
    [{ proof: true }, "proof"],
    [{ healthUrl: "http://a.example.com/health" }, "healthUrl"],
    [{ healthUrl: "http://localhost/health" }, "healthUrl"],
    [{ healthUrl: "https://me:pw@a.example.com/health" }, "healthUrl"],
    [{ healthUrl: "ftp://a.example.com" }, "healthUrl"],
    [{ healthUrl: "/health" }, "healthUrl"],
    [{ identity: "render-api" }, "identity"],
    [{ health: "x" }, "health"],
    [{ platform: "appService" }, "platform"],
    [{ platform: { kind: "vm", resourceId: siteId } }, "platform/kind"],
    [{ platform: { kind: "appService" } }, "platform/resourceId"],
    [{ platform: { kind: "appService", resourceId: inGroup("App/containerApps/a") } }, "platform/resourceId"],
    [{ platform: { kind: "appService", resourceId: `${siteId}/slots` } }, "platform/resourceId"],
    [{ platform: { kind: "appService", resourceId: `${siteId}?a=b` } }, "platform/resourceId"],
    [{ platform: { kind: "appService", resourceId: siteId, refresh: "yes" } }, "platform/refresh"],
    [{ platform: { kind: "appService", resourceId: siteId, linkedService: "a" } }, "platform/linkedService"],
    [{ platform: { kind: "containerApp", resourceId: siteId } }, "platform/resourceId"],
    [{ platform: { kind: "containerApp", resourceId: inGroup("App/jobs/a") } }, "platform/resourceId"],
    [{ platform: { kind: "dataFactory", resourceId: inGroup("DataFactory/factories/etl") } }, "platform/linkedService"],
    [
      { platform: { kind: "dataFactory", resourceId: inGroup("DataFactory/factories/etl"), linkedService: "a/b" } },
      "platform/linkedService",
    ],
    [{ platform: { kind: "appService", resourceId: siteId }, proof: "required" }, "platform"],
    [{ platform: { kind: "appService", resourceId: siteId, refresh: false, restart: true } }, "platform/restart"],
  ])("refuses a consumer with %j", (changes, key) => {
    expect(accountPlaces(consumer(changes))).toEqual([`/gate/consumers/0/${key}`]);
  });

  it("refuses a second consumer of the same name, and accepts one that differs in case", () => {
    expect(accountPlaces(consumersNamed("a", "b", "a"))).toEqual(["/gate/consumers/2/name"]);
    expect(accountPlaces(consumersNamed("a", "A"))).toEqual([]);
  });

  it("has its mistakes reported with place and remedy", () => {
    expect(problemsOf(withConfiguration({ accounts: [anAccount({ rotateEvery: "PT1H", gate: {} })] }))).toEqual([
      {
        at: "ROTATION_ACCOUNTS/accounts/0/rotateEvery",
        problem: "must be an ISO 8601 duration of weeks, days, hours, minutes and seconds from P1D to P730D",
      },
      {
        at: "ROTATION_ACCOUNTS/accounts/0/gate/consumers",
        problem: "must name at least one consumer in mode signals; without any, choose mode approval or delay",
      },
    ]);
  });
});

describe("leastEvidence", () => {
  const consumers = [{ name: "render-api" }, { name: "web", platform: { kind: "appService", resourceId: siteId } }];

  it.each([
    ["proof", ["/gate/consumers/1/platform"]],
    ["report", ["/gate/consumers/1/platform"]],
    ["platform", []],
    ["log", []],
    ["none", ["/gate/leastEvidence"]],
  ])("%s is refused where a consumer on a platform could never be good", (leastEvidence, places) => {
    expect(accountPlaces({ gate: { consumers, leastEvidence } })).toEqual(places);
  });

  it("counts wherever it is written", () => {
    const accounts = [anAccount({ gate: { consumers } })];
    const { at, problem } =
      problemsOf(withConfiguration({ defaults: { gate: { leastEvidence: "proof" } }, accounts }))[0] ?? {};
    expect([at, problem]).toEqual([
      "ROTATION_ACCOUNTS/accounts/0/gate/consumers/1/platform",
      "is weaker evidence than gate.leastEvidence demands (proof): set gate.leastEvidence to one of platform, log",
    ]);
  });
});

describe("forgetInstanceAfter", () => {
  const gate = { consumers: [{ name: "render-api" }] };
  const problem =
    "must not be shorter than signalFreshness, or an instance on the old key is forgotten while its last signal " +
    "still counts: make it longer, or signalFreshness shorter";

  it.each([
    ["shorter than the default signalFreshness", { forgetInstanceAfter: "PT14M59S" }],
    ["with a default shorter than signalFreshness", { signalFreshness: "P1DT1S" }],
    ["shorter than signalFreshness", { signalFreshness: "PT36H", forgetInstanceAfter: "PT35H" }],
  ])("is refused with the remedy when %s", (_what, times) => {
    const refused = [{ at: "ROTATION_ACCOUNTS/accounts/0/gate/forgetInstanceAfter", problem }];
    expect(problemsAmong(anAccount({ gate: { ...gate, ...times } }))).toEqual(refused);
    expect(problemsOf(withConfiguration({ defaults: { gate: times }, accounts: [anAccount()] }))).toEqual(refused);
  });

  it("is compared by its length, not by its notation", () => {
    expect(accountPlaces({ gate: { ...gate, signalFreshness: "PT48H", forgetInstanceAfter: "P2D" } })).toEqual([]);
  });
});

describe("with emulators", () => {
  it.each([
    [{ rotateEvery: "PT1S" }],
    [{ rotateEvery: "PT1S", expireAfter: "PT2S" }],
    [{ reconcileEvery: "PT1S", remindEvery: "PT1S", stalledAfter: { adopting: "PT1S" } }],
    [{ secret: { vaultUrl: "https://localhost:8443", name: "key" } }],
    [{ gate: { consumers: [{ name: "a", healthUrl: "http://localhost:7000/health" }] } }],
    [{ gate: { consumers: [{ name: "a", healthUrl: "http://127.0.0.9/health" }] } }],
    [{ gate: { consumers: [{ name: "a", healthUrl: "http://[::1]:7000/health" }] } }],
    [{ gate: { consumers: [{ name: "a" }], forgetInstanceAfter: "PT5S" } }],
    [{ gate: { consumers: [{ name: "a" }], forgetInstanceAfter: "PT14M59S" } }],
  ])("accepts %j, which is refused without emulators", (changes) => {
    expect(accountPlaces(changes, emulated)).toEqual([]);
    expect(accountPlaces(changes)).not.toEqual([]);
  });

  it.each([
    [{ rotateEvery: "PT0S" }, ["/rotateEvery"]],
    [{ rotateEvery: "P730DT1S" }, ["/rotateEvery"]],
    [{ reconcileEvery: "PT0S" }, ["/reconcileEvery"]],
    [{ secret: { vaultUrl: "http://localhost:8443", name: "key" } }, ["/secret/vaultUrl"]],
    [{ secret: { vaultUrl: "https://localhost:8443/a", name: "key" } }, ["/secret/vaultUrl"]],
    [{ gate: { consumers: [{ name: "a", healthUrl: "http://10.0.0.1/health" }] } }, ["/gate/consumers/0/healthUrl"]],
    [
      { gate: { consumers: [{ name: "a", healthUrl: "http://localhost.example.com" }] } },
      ["/gate/consumers/0/healthUrl"],
    ],
  ])("still refuses %j", (changes, places) => {
    expect(accountPlaces(changes, emulated)).toEqual(places);
  });

  it("keeps the port of a vault and removes the slash", () => {
    const secret = { vaultUrl: "https://LOCALHOST:8443/", name: "key" };
    expect(accountOf({ secret }, emulated).secret).toEqual({ vaultUrl: "https://localhost:8443", name: "key" });
  });
});

describe("several accounts", () => {
  it.each([
    [
      "a name, whether set or derived from the Batch account",
      { name: "render1" },
      "name",
      "has the same name as accounts/0: give one of them a name of its own",
    ],
    [
      "a Batch account, whatever the case",
      { name: "again", resourceId: batchId(1).toUpperCase() },
      "resourceId",
      "is the same Batch account as that of accounts/0: keep one of them",
    ],
    [
      "a secret, whatever the case",
      { secret: { vaultUrl: "https://KEYS.vault.azure.net/", name: "RENDER1-key" } },
      "secret",
      "is the same secret as that of accounts/0: give each account a secret of its own",
    ],
  ])("may not share %s", (_what, changes, member, problem) => {
    expect(problemsAmong(anAccount({}, 1), anAccount({}, 2), anAccount(changes, 3))).toEqual([
      { at: `ROTATION_ACCOUNTS/accounts/2/${member}`, problem },
    ]);
  });

  it("are compared even when they have other mistakes", () => {
    const wrong = { rotateEvery: "often", unknown: true, paused: "yes" };
    const found = problemsAmong(anAccount(wrong, 1), anAccount({ name: "again", ...wrong }, 1)).map(({ at }) => at);
    expect(found).toContain("ROTATION_ACCOUNTS/accounts/1/resourceId");
    expect(found).toContain("ROTATION_ACCOUNTS/accounts/1/secret");
  });
});

test.each([
  ["expireAfter not longer than rotateEvery", { rotateEvery: "P30D", expireAfter: "P30D" }, "/expireAfter"],
  ["no consumers", { gate: { soak: "soon" } }, "/gate/consumers"],
  ["no delay", { gate: { mode: "delay", soak: "soon" } }, "/gate/delay"],
  ["a short forgetInstanceAfter", { gate: { soak: "soon", forgetInstanceAfter: "PT1M" } }, "/gate/forgetInstanceAfter"],
  ["a delay in another mode", { gate: { mode: "approval", delay: "P1D", soak: "soon" } }, "/gate/delay"],
  ["from equal to to", { window: { days: "Tue", from: "02:00", to: "02:00", timeZone: "Mars" } }, "/window/to"],
  [
    "a consumer's name twice",
    { gate: { consumers: [{ name: "a", instances: -1 }, { name: "a" }, 5] } },
    "/gate/consumers/1/name",
  ],
])("one mistake does not hide another: %s", (_what, changes, place) => {
  expect(accountPlaces({ probe: "maybe", ...changes })).toEqual(expect.arrayContaining(["/probe", place]));
});
