import { readFileSync } from "node:fs";
import path from "node:path";
import form from "../../../infra/createUiDefinition.json";
import { readSettings } from "../../../lib/config/settings/settings";
import { anEnvironment, batchId, noFiles } from "../config/builders";
import { projectRoot } from "./bicep";
import { evaluate } from "./form-expressions";

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

const bicep = readFileSync(path.join(projectRoot, "infra/resources.bicep"), "utf8");
const parameters: readonly Parameter[] = [...bicep.matchAll(/^param (\w+) (\S+)( =)?/gm)].map(
  ([, name = "", type = "", set]) => ({ name, type, required: set === undefined }),
);
const outputs: Readonly<Record<string, string>> = form.parameters.outputs;
const elements = form.parameters.steps.flatMap((step) =>
  step.elements.map((element) => ({ step: step.name, name: element.name, element })),
);

/** What a person has entered, as each kind of element returns it: a text box gives a text, also for a number. */
const entered = {
  accounts: {
    list: { value: [1, 2].map((number) => ({ id: batchId(number), name: `render${number}` })) },
    selected: [batchId(1), batchId(2)],
    rotateEvery: "P30D",
    consumers: [
      { name: "render-api", instances: "2", proof: "required" },
      { name: "nightly", instances: "1", proof: "optional" },
    ],
  },
  operation: { dryRun: true, emails: "a@example.com,b@example.com", heartbeatUrl: "https://beats.example.com/5d1c" },
  existing: { vault: "", batchRole: "", vaultRole: "", privateNetwork: false },
};
const known = { steps: entered, location: "westeurope", subscription: { id: "/subscriptions/0" } };
const given = Object.fromEntries(Object.entries(outputs).map(([name, text]) => [name, evaluate(text, known)]));

const typeOf = (value: unknown): string =>
  Array.isArray(value) ? "array" : value === null ? "null" : typeof value === "boolean" ? "bool" : typeof value;
/** The kind of JSON that a parameter of this type takes. */
const jsonType = (type: string): string => {
  if (type.endsWith("[]")) return "array";
  return /^(?:bool|string)$/.test(type) ? type : "object";
};

/** The template gives the app the vault. */
const vault = { ROTATION_VAULT_URL: "https://keys.vault.azure.net" } as const;

describe("the portal form", () => {
  it("sets parameters of the template, and every one without a default", () => {
    const names = parameters.map(({ name }) => name);
    expect(Object.keys(outputs).filter((name) => !names.includes(name))).toEqual([]);
    const required = parameters.filter((one) => one.required).map(({ name }) => name);
    expect(required.filter((name) => !(name in outputs))).toEqual([]);
  });

  it("gives each parameter a value of its type", () => {
    const types = Object.entries(given).map(([name, value]) => [name, typeOf(value)]);
    const expected = Object.keys(given).map((name) => [
      name,
      jsonType(parameters.find((one) => one.name === name)?.type ?? ""),
    ]);
    expect(types).toEqual(expected);
  });

  it("uses every element that takes input, by a unique name", () => {
    const texts = Object.values(outputs).join("\n");
    const inputs = elements.filter(({ element }) => !/ArmApiControl|InfoBox/.test(element.type));
    expect(inputs.filter(({ step, name }) => !texts.includes(`steps('${step}').${name}`))).toEqual([]);
    expect(new Set(elements.map(({ step, name }) => `${step}.${name}`)).size).toBe(elements.length);
  });

  it("configures the app with the chosen accounts, apps and interval", () => {
    const configuration = {
      defaults: given["accountDefaults"],
      accounts: given["accounts"],
    };
    const env = anEnvironment({ ...vault, ROTATION_ACCOUNTS: JSON.stringify(configuration) });
    const { accounts } = readSettings(env, noFiles);
    expect(accounts.map(({ batch }) => batch.resourceId)).toEqual([batchId(1), batchId(2)]);
    for (const { gate, rotateEveryMs } of accounts) {
      expect(rotateEveryMs).toBe(30 * 86_400_000);
      expect(gate.consumers.map(({ name, instances, proof }) => [name, instances, proof])).toEqual([
        ["render-api", 2, "required"],
        ["nightly", 1, "optional"],
      ]);
    }
  });

  it("offers the accounts of the subscription", () => {
    const choices = elements.find(({ name }) => name === "selected")?.element;
    const text = JSON.parse(JSON.stringify(choices)).constraints.allowedValues;
    expect(evaluate(text, known)).toEqual(
      [1, 2].map((number) => ({ label: `render${number}`, value: batchId(number) })),
    );
  });
});
