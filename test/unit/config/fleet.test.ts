import type { TaggedAccount } from "../../../lib/rotation/discovery/discovery-config";
import { aFleet, aGuid, anAccount, batchId, placesOf, problemsOf, settingsOf, withConfiguration } from "./builders";

const day = 86_400_000;
const hour = 3_600_000;

const problems = (configuration: object) =>
  problemsOf(withConfiguration(configuration)).map(
    ({ at, problem }) => `${at.replace("ROTATION_ACCOUNTS", "")} ${problem}`,
  );

const complete = (changes: Partial<TaggedAccount>, configuration: object = aFleet) =>
  settingsOf(withConfiguration(configuration)).profiles.complete({
    resourceId: batchId(1),
    location: "westeurope",
    profile: "standard",
    consumers: [],
    ...changes,
  });

describe("the members of a fleet", () => {
  it("are read with durations in milliseconds and instants in UTC", () => {
    const { accounts, discovery, fleet } = settingsOf(withConfiguration(aFleet));
    expect({ accounts, discovery, fleet }).toEqual({
      accounts: [],
      discovery: {
        tag: "rotator",
        consumersTag: "apps",
        scope: { managementGroups: ["platform"] },
        everyMs: hour,
      },
      fleet: {
        spread: 0.25,
        maxRotating: 10,
        canaries: ["render-weu"],
        breaker: { failures: 3, withinMs: day },
        blackouts: [{ from: "2026-12-20T00:00:00.000Z", to: "2027-01-04T00:00:00.000Z", reason: "end of the year" }],
      },
    });
  });

  it("have the defaults of the contract", () => {
    const scope = { subscriptions: [aGuid] };
    const { discovery, fleet } = settingsOf(withConfiguration({ ...aFleet, discovery: { scope }, fleet: {} }));
    expect(discovery).toEqual({
      tag: "batch-key-rotator",
      consumersTag: "batch-key-consumers",
      scope,
      everyMs: hour / 4,
    });
    expect(fleet).toEqual({ spread: 0, maxRotating: null, canaries: [], breaker: null, blackouts: [] });
    const listed = settingsOf(withConfiguration({ accounts: [anAccount()] }));
    expect([listed.discovery, listed.fleet]).toEqual([null, fleet]);
  });

  it.each([
    ["discovery without a profile", { discovery: aFleet.discovery }, "/discovery"],
    [
      "one tag for both",
      { ...aFleet, discovery: { ...aFleet.discovery, consumersTag: "Rotator" } },
      "/discovery/consumersTag",
    ],
    ["no vault", { ...aFleet, profiles: { standard: {} } }, "/profiles/standard/secret"],
    [
      "an early expiry",
      { ...aFleet, profiles: { standard: { ...aFleet.profiles.standard, expireAfter: "P30D" } } },
      "/profiles/standard/expireAfter",
    ],
    [
      "a canary that is no account, where all are listed",
      { accounts: [anAccount()], fleet: { canaries: ["render1", "typo"] } },
      "/fleet/canaries/1",
    ],
    ["a canary twice", { ...aFleet, fleet: { canaries: ["render", "render"] } }, "/fleet/canaries/1"],
    [
      "an interval that ends as it begins",
      {
        ...aFleet,
        fleet: { blackouts: [{ from: "2026-12-20T01:00:00+01:00", to: "2026-12-20T00:00:00Z", reason: "none" }] },
      },
      "/fleet/blackouts/0/to",
    ],
  ])("are refused together with their remedy: %s", (_what, configuration, place) => {
    expect(placesOf(withConfiguration(configuration))).toEqual([`ROTATION_ACCOUNTS${place}`]);
  });
});

const configured = (changes: object, profile: object = {}) => ({
  defaults: { rotateEvery: "P90D", reconcileEvery: "PT1H" },
  profiles: { standard: { secret: { vaultUrl: "https://other.vault.azure.net", name: "{account}-a" }, ...profile } },
  accounts: [anAccount({ secret: undefined, profile: "standard", ...changes })],
});

describe("a listed account with a profile", () => {
  it("takes its own values, else those of the profile, else those of defaults", () => {
    const [account] = settingsOf(
      withConfiguration(configured({ remindEvery: "P2D" }, { rotateEvery: "P30D" })),
    ).accounts;
    expect(account).toMatchObject({
      rotateEveryMs: 30 * day,
      reconcileEveryMs: hour,
      remindEveryMs: 2 * day,
      secret: { vaultUrl: "https://other.vault.azure.net", name: "render1-a" },
    });
  });

  it("may have a secret of its own, which replaces that of the profile", () => {
    const secret = { vaultUrl: "https://keys.vault.azure.net", name: "mine" };
    const [account] = settingsOf(withConfiguration(configured({ secret }))).accounts;
    expect(account?.secret).toEqual(secret);
  });

  it("must name a profile that exists, whose secret needs nothing that is unknown of it", () => {
    expect(problems(configured({ profile: "gold", secret: { vaultUrl: "https://a.vault.azure.net" } }))).toEqual([
      "/accounts/0/profile is not one of the profiles: define it under profiles, or correct its name",
    ]);
    const located = { secret: { vaultUrl: "https://a.vault.azure.net", name: "{location}-{account}" } };
    expect(problems(configured({}, located))).toEqual([
      "/accounts/0/profile the secret's name in this profile holds {location}, which is known only for accounts that " +
        "are found by a tag: give this account a secret of its own",
    ]);
    const long = { secret: { vaultUrl: "https://a.vault.azure.net", name: `{account}${"x".repeat(121)}` } };
    expect(problems(configured({}, long))).toEqual([
      "/accounts/0/profile the secret's name in this profile is too long, or has another character than 0-9, a-z, " +
        "A-Z and -: give this account a secret of its own",
    ]);
  });

  it("must not share the secret of another account", () => {
    const { profiles, accounts } = configured({});
    const other = anAccount({ secret: { vaultUrl: "https://other.vault.azure.net", name: "Render1-A" } }, 2);
    expect(problems({ profiles, accounts: [...accounts, other] })).toEqual([
      "/accounts/1/secret is the same secret as that of accounts/0: give each account a secret of its own",
    ]);
  });
});

/** Completed by profiles that have completed no other account. */
const alone = (number: number, location: string, instances: number) =>
  complete({ resourceId: batchId(number), location, consumers: [{ name: "a", instances }] });

describe("a profile", () => {
  it("completes an account that is found by its tag", () => {
    expect(complete({})).toMatchObject({
      kind: "complete",
      account: {
        name: "render1",
        secret: { vaultUrl: "https://keys.vault.azure.net", name: "westeurope-render1-batch-key" },
        rotateEveryMs: 30 * day,
        gate: { consumers: [{ name: "render-api", instances: 1, proof: "required" }] },
      },
    });
  });

  it("keeps its own consumers beside those of the tag, which sets their numbers of instances", () => {
    const found = complete({
      consumers: [
        { name: "nightly-etl", instances: null },
        { name: "render-api", instances: 2 },
      ],
    });
    expect(found).toMatchObject({
      account: {
        gate: {
          consumers: [
            { name: "render-api", instances: 2, proof: "required" },
            { name: "nightly-etl", instances: 1, proof: "optional" },
          ],
        },
      },
    });
  });

  it("completes each account by itself, though what accounts share is checked once", () => {
    const { profiles } = settingsOf(withConfiguration(aFleet));
    const found = (number: number, location: string, instances: number) =>
      profiles.complete({
        resourceId: batchId(number),
        location,
        profile: "standard",
        consumers: [{ name: "a", instances }],
      });
    expect(found(1, "westeurope", 1)).toEqual(alone(1, "westeurope", 1));
    expect(found(2, "northeurope", 1)).toEqual(alone(2, "northeurope", 1));
    expect(found(3, "westeurope", 2)).toEqual(alone(3, "westeurope", 2));
    expect(found(4, "x".repeat(120), 1)).toMatchObject({ kind: "incomplete" });
  });

  it.each([
    ["an unknown profile", { profile: "gold" }, /profile that the configuration does not hold: correct the tag/],
    ["a name of the object itself", { profile: "constructor" }, /profile that the configuration does not hold/],
    ["too many instances", { consumers: [{ name: "a", instances: 1001 }] }, /instances must be a whole number/],
    ["a long region", { location: "x".repeat(120) }, /secret\.name must be 1 to 127/],
  ])("reports what it cannot complete, with a remedy: %s", (_what, changes, problem) => {
    expect(complete(changes)).toEqual({ kind: "incomplete", problems: [expect.stringMatching(problem)] });
  });

  it("reports an account without any consumer in mode signals", () => {
    const { vaultUrl } = aFleet.profiles.standard.secret;
    const configuration = { ...aFleet, profiles: { standard: { secret: { vaultUrl } } } };
    expect(complete({}, configuration)).toEqual({
      kind: "incomplete",
      problems: [expect.stringMatching(/mode signals needs consumers.*add the tag for consumers/)],
    });
    expect(complete({ consumers: [{ name: "a", instances: null }] }, configuration)).toMatchObject({
      account: { secret: { name: "render1-batch-key" } },
    });
  });
});
