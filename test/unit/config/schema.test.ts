import { readFileSync } from "node:fs";
import Ajv from "ajv";
import { schemaPath, schemaText } from "../../tools/write-schema";
import { aFleet, aGuid, anAccount, batchId, everyMember, placesOf, withConfiguration } from "./builders";
import { words } from "../../builders/words";

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Every named member of a schema, with its path. */
const membersOf = (schema: unknown, path = ""): readonly (readonly [string, Record<string, unknown>])[] => {
  if (!isObject(schema)) return [];
  const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const own = properties.flatMap(([name, member]) =>
    isObject(member) ? [[`${path}/${name}`, member] as const, ...membersOf(member, `${path}/${name}`)] : [],
  );
  const choices = Array.isArray(schema["anyOf"]) ? schema["anyOf"] : [];
  return [
    ...own,
    ...membersOf(schema["items"], `${path}/items`),
    ...choices.flatMap((choice) => membersOf(choice, path)),
  ];
};

describe("rotation.schema.json", () => {
  const text = readFileSync(schemaPath, "utf8");
  const schema: unknown = JSON.parse(text);
  const validate = new Ajv({ allErrors: true }).compile(isObject(schema) ? schema : {});

  it("matches the app's own checks (`npm run schema` writes it)", () => {
    expect(text).toBe(schemaText());
  });

  it("describes every member, with an example and any fixed default", () => {
    const members = membersOf(schema);
    const names = (missing: string) => members.filter(([, member]) => !(missing in member)).map(([path]) => path);
    expect(members.length).toBeGreaterThan(60);
    expect(names("description")).toEqual([]);
    expect(names("examples").filter((path) => path !== "/accounts")).toEqual([]);
    const withoutDefault = new Set(names("default").map((path) => path.split("/").at(-1)));
    expect(withoutDefault).toEqual(
      new Set(
        words(
          "$schema accounts days discovery expireAfter failures from managementGroups name profile reason resourceId " +
            "scope searchAccount secret subscriptions timeZone to vaultResourceId vaultUrl within",
        ),
      ),
    );
  });

  it.each([
    ["the minimum", { accounts: [anAccount()] }],
    [
      "defaults, a schema",
      { $schema: "./rotation.schema.json", defaults: { rotateEvery: "P2W" }, accounts: [anAccount()] },
    ],
    ["everything", { accounts: [anAccount(everyMember)] }],
    ["a fleet that is found by a tag", aFleet],
  ])("accepts what the app accepts: %s", (_what, configuration) => {
    expect(placesOf(withConfiguration(configuration))).toEqual([]);
    expect([validate(configuration), validate.errors]).toEqual([true, null]);
  });

  it.each([
    ["no object", []],
    ["no accounts", {}],
    ["an empty list", { accounts: [] }],
    ["an unknown key", { accounts: [anAccount()], extra: 1 }],
    ["an account without resourceId", { accounts: [anAccount({ resourceId: undefined })] }],
    ["an unknown key in an account", { accounts: [anAccount({ rotateevery: "P1D" })] }],
    ["an unknown key in a gate", { accounts: [anAccount({ gate: { mode: "approval", quorum: 1 } })] }],
    ["another resource", { accounts: [anAccount({ resourceId: batchId().replace("Batch/", "Storage/") })] }],
    ["a plain http vault", { accounts: [anAccount({ secret: { vaultUrl: "http://a.vault.azure.net", name: "a" } })] }],
    ["an upper case name", { accounts: [anAccount({ name: "Render" })] }],
    ["months", { accounts: [anAccount({ rotateEvery: "P2M" })] }],
    ["a number in place of a duration", { accounts: [anAccount({ remindEvery: 6 })] }],
    ["a wrong choice", { accounts: [anAccount({ probe: "maybe" })] }],
    ["a string in place of a boolean", { accounts: [anAccount({ paused: "true" })] }],
    ["too many instances", { accounts: [anAccount({ gate: { consumers: [{ name: "a", instances: 1001 }] } })] }],
    ["a negative number", { accounts: [anAccount({ gate: { consumers: [{ name: "a", instances: -1 }] } })] }],
    ["a fraction of an instance", { accounts: [anAccount({ gate: { consumers: [{ name: "a", instances: 1.5 }] } })] }],
    ["a consumer without name", { accounts: [anAccount({ gate: { consumers: [{}] } })] }],
    ["a window without days", { accounts: [anAccount({ window: { from: "01:00", to: "02:00", timeZone: "UTC" } })] }],
    [
      "an unknown day",
      { accounts: [anAccount({ window: { days: ["Tuesday"], from: "01:00", to: "02:00", timeZone: "UTC" } })] },
    ],
    [
      "an invalid time",
      { accounts: [anAccount({ window: { days: ["Tue"], from: "25:00", to: "02:00", timeZone: "UTC" } })] },
    ],
    ["a phase that cannot stall", { defaults: { stalledAfter: { idle: "P1D" } }, accounts: [anAccount()] }],
    ["a profile that is no object", { profiles: { standard: 1 }, accounts: [anAccount()] }],
    [
      "a secret that accounts of a profile would share",
      { ...aFleet, profiles: { standard: { secret: { name: "a" } } } },
    ],
    ["two scopes", { ...aFleet, discovery: { scope: { subscriptions: [aGuid], managementGroups: ["platform"] } } }],
    ["no scope", { ...aFleet, discovery: {} }],
    ["a tag that would end the query", { ...aFleet, discovery: { ...aFleet.discovery, tag: "it's" } }],
    ["a spread of more than half", { ...aFleet, fleet: { spread: 0.6 } }],
    ["no rotation at once", { ...aFleet, fleet: { maxRotating: 0 } }],
    [
      "a local time",
      { ...aFleet, fleet: { blackouts: [{ from: "2026-12-20T00:00:00", to: "2027-01-04T00:00:00Z" }] } },
    ],
    ["a name in defaults", { defaults: { name: "render-weu" }, accounts: [anAccount()] }],
  ])("refuses the malformed values that the app refuses: %s", (_what, configuration) => {
    // JSON omits members that are undefined.
    const read: unknown = JSON.parse(JSON.stringify(configuration));
    expect(placesOf(withConfiguration(configuration))).not.toEqual([]);
    expect(validate(read)).toBe(false);
  });
});
