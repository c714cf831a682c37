import { readFileSync } from "node:fs";
import path from "node:path";
import schema from "../../../rotation.schema.json";
import { at, checkFolder, describeBicep, projectRoot, withChanged } from "./bicep";

/*
 * What users write into infra/accounts.json has one shape: the app reads it, the editor checks it, and the template
 * refuses what neither knows.
 */

/** A member with its form: `text`, `number`, `choice of a, b`, `list of …`, or the members of an object. */
type Form = string | { readonly [member: string]: Form };

const types = readFileSync(path.join(projectRoot, "infra/types.bicep"), "utf8");

const blockOf = (name: string): string => {
  const [, decorators = "", body = ""] =
    new RegExp(`((?:^@[^\\n]*\\n)+)^type ${name} = \\{\\n([\\s\\S]*?)^\\}`, "m").exec(types) ?? [];
  expect([name, decorators]).toEqual([name, expect.stringContaining("@sealed()")]);
  return body;
};

const simple: Readonly<Record<string, Form>> = { string: "text", int: "number", bool: "boolean" };

/** `?` says that a member may be left out or null. */
const formOf = (type: string): Form => {
  const bare = type.replace(/\?$/, "");
  if (bare.endsWith("[]")) return `list of ${JSON.stringify(formOf(bare.slice(0, -2)))}`;
  const choices = [...bare.matchAll(/'(\w+)'/g)].map(([, choice = ""]) => choice);
  return choices.length > 0 ? `choice of ${choices.join(", ")}` : (simple[bare] ?? membersOf(bare));
};

const membersOf = (name: string): Form =>
  Object.fromEntries(
    [...blockOf(name).matchAll(/^ {2}(\w+): (.+)$/gm)].map(([, member = "", type = ""]) => [member, formOf(type)]),
  );

const ofSchema = (part: unknown): Form => {
  const alternatives = at(part, "anyOf");
  if (Array.isArray(alternatives)) return ofSchema(alternatives.find((one) => at(one, "type") !== "null"));
  const kinds = at(part, "oneOf");
  if (Array.isArray(kinds)) return ofKinds(kinds);
  const [choices, properties, items] = [at(part, "enum"), at(part, "properties"), at(part, "items")];
  if (properties !== undefined) {
    expect(at(part, "additionalProperties")).toBe(false);
    return Object.fromEntries(Object.entries(Object(properties)).map(([name, one]) => [name, ofSchema(one)]));
  }
  if (items !== undefined) {
    const form = ofSchema(items);
    // A template cannot know the days of the week of a list that it passes on.
    return `list of ${JSON.stringify(typeof form === "string" && form.startsWith("choice") ? "text" : form)}`;
  }
  if (Array.isArray(choices)) return `choice of ${choices.join(", ")}`;
  return { string: "text", integer: "number", boolean: "boolean" }[String(at(part, "type"))] ?? "unknown";
};

/** A template has one type with the members of all kinds: which go together is for the app to check. */
const ofKinds = (kinds: readonly unknown[]): Form => ({
  ...Object.assign({}, ...kinds.map((kind) => Object(ofSchema(kind)))),
  kind: `choice of ${kinds.map((kind) => String(at(at(at(kind, "properties"), "kind"), "const"))).join(", ")}`,
});

/** Which of the two scopes is given is for the app to check: the template knows both. */
const [groups, subscriptions] = schema.properties.discovery.properties.scope.anyOf;
const discoveryProperties = {
  ...schema.properties.discovery.properties,
  scope: { ...groups, properties: { ...groups?.properties, ...subscriptions?.properties } },
};

test.each([
  ["account", schema.properties.accounts.items],
  ["accountDefaults", schema.properties.defaults],
  ["profile", schema.properties.profiles.additionalProperties],
  ["discovery", { ...schema.properties.discovery, properties: discoveryProperties }],
])("the sealed type %s has the members of the schema, in the same forms", (name, part) => {
  expect(membersOf(name)).toEqual(ofSchema(part));
});

test("the template knows the members of fleet, which are of no sealed type", () => {
  const resources = readFileSync(path.join(projectRoot, "infra/resources.bicep"), "utf8");
  const [, members = ""] = /^var fleetMembers = \[(.*)\]$/m.exec(resources) ?? [];
  expect(members).toBe(
    Object.keys(schema.properties.fleet.properties)
      .map((name) => `'${name}'`)
      .join(", "),
  );
});

const problemsWith = (account: string) =>
  withChanged(
    "main.bicep",
    (text) => text.replace("param accounts account[] = []", `param accounts account[] = [\n${account}\n]`),
    checkFolder,
  );

describeBicep("a parameter with accounts", () => {
  it("may hold the README's example", async () => {
    const readme = readFileSync(path.join(projectRoot, "README.md"), "utf8");
    const [, example = ""] = /```json\n(\{\n {2}"defaults"[\s\S]*?)```/.exec(readme) ?? [];
    const [account] = JSON.parse(example).accounts;
    const asBicep = JSON.stringify(account).replaceAll('"', "'");
    // In a file, an address is no code of a template.
    const problems = await problemsWith(asBicep);
    expect(problems.filter(({ code }) => code !== "no-hardcoded-env-urls")).toEqual([]);
  });

  it.each(["rotateEvry: 'P30D'", "secret: { vault: 'render-keys' }", "gate: { mode: 'approval', quorum: 2 }"])(
    "may not hold an unknown member: %s",
    async (member) => {
      expect(await problemsWith(`{\nresourceId: 'id'\n${member}\n}`)).not.toEqual([]);
    },
  );
});
