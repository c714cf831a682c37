import { readFileSync } from "node:fs";
import path from "node:path";
import packageJson from "../../../package.json";
import { projectRoot } from "../infra/bicep";
import { answers } from "./answers";
import { search } from "./jmespath";
import { readScript, type Step } from "./shell";
import { behindXargs, commandProblems, nameOf } from "./tools";

const read = (file: string): string => readFileSync(path.join(projectRoot, file), "utf8");

const tools = /^(az|azd|curl|gh|git|npm|sha256sum|xargs|zip|key)\b/;
/** Blocks of commands, and commands in the text, in order. */
const scriptsOf = (markdown: string): readonly string[] =>
  [...markdown.matchAll(/```sh\n([\s\S]*?)\n```|`([^`\n]+)`/g)]
    .map(([, block, inline]) => block ?? inline ?? "")
    .filter((text, i, all) => text.includes("\n") || (tools.test(text) && / /.test(text)) || all[i]?.includes("=$("));

const sectionsOf = (markdown: string): ReadonlyMap<string, string> =>
  new Map(markdown.split(/^## /m).map((text) => [text.split("\n")[0] ?? "", text]));

const deploy = read("docs/deploy.md");
const documents = { "docs/deploy.md": deploy, "docs/recovery.md": read("docs/recovery.md") };

const stepsOf = (markdown: string): readonly Step[] => scriptsOf(markdown).flatMap(readScript);
const runs = (steps: readonly Step[]): readonly (readonly string[])[] =>
  steps.flatMap((step) => {
    if (step.kind !== "runs" || step.words[0] === "cd") return [];
    const behind = behindXargs(step.words);
    return behind === null ? [step.words] : [step.words, behind];
  });

describe.each(Object.entries(documents))("the commands of %s", (_name, markdown) => {
  const steps = stepsOf(markdown);
  const commands = runs(steps);
  const functions = steps.flatMap((step) => (step.kind === "defines" ? [step.name] : ["key"]));

  it("exist, with the options that they are given and those that they need", () => {
    expect(commands.length).toBeGreaterThan(3);
    const foreign = commands.filter(([first = ""]) => !functions.includes(first));
    expect(foreign.flatMap(commandProblems)).toEqual([]);
  });

  it("ask for what the answer has", () => {
    const asked = commands.flatMap((words) => {
      const at = words.indexOf("--query");
      return at < 0 ? [] : [{ command: nameOf(words), query: words[at + 1] ?? "" }];
    });
    expect(asked.filter(({ command }) => !(command in answers))).toEqual([]);
    const unanswered = asked.filter(({ command, query }) =>
      [search(query, answers[command])].flat().every((one) => one === null),
    );
    expect(unanswered).toEqual([]);
  });

  it("run scripts of the project that exist", () => {
    const scripts = commands.filter(([first, second]) => first === "npm" && second === "run").map((words) => words[2]);
    expect(scripts.filter((name) => !Object.keys(packageJson.scripts).includes(name ?? ""))).toEqual([]);
  });
});

/** Variables and functions that these steps use before they set them. */
const unset = (steps: readonly Step[], from: readonly string[] = []): readonly string[] => {
  const set = new Set(from);
  const missing: string[] = [];
  for (const step of steps) {
    if (step.kind === "assigns" || step.kind === "defines") set.add(step.name);
    if (step.kind === "uses" && !set.has(step.name)) missing.push(step.name);
    if (step.kind === "runs" && step.words[0] === "key" && !set.has("key")) missing.push("key");
  }
  return missing;
};

describe("a reader of docs/deploy.md", () => {
  const sections = sectionsOf(deploy);
  const ways = ["With azd", "With az and a release", "Without rights to assign roles"];
  const afterwards = [...sections.keys()].slice([...sections.keys()].indexOf("First check"));
  const before = (name: string): string => sections.get(name) ?? "";

  it.each(ways)("finds each variable set before its first use: %s, and all that follows", (way) => {
    // The third way begins with steps 1 to 3 of the second.
    const [first = ""] = before("With az and a release").split("**4.");
    const own = way === "Without rights to assign roles" ? first + before(way) : before(way);
    expect(before(way)).not.toBe("");
    expect(unset(stepsOf([before("Before you start"), own, ...afterwards.map(before)].join("\n")))).toEqual([]);
  });

  it("signs in and chooses a subscription before anything is created", () => {
    for (const way of ways.slice(0, 2)) {
      const names = runs(stepsOf(before(way))).map(nameOf);
      const signedIn = names.indexOf("az login");
      expect(signedIn).toBeGreaterThanOrEqual(0);
      expect(names).toContain("az account set");
      const first = names.findIndex((name) =>
        /^az (group create|deployment|functionapp)|^azd (up|provision)/.test(name),
      );
      expect(first).toBeGreaterThan(signedIn);
    }
  });

  it("sets variables that azd passes on, and reads those that the template gives", () => {
    const azd = runs(stepsOf(deploy)).filter(([first, second]) => first === "azd" && second === "env");
    const named = (command: string) =>
      azd.filter(([, , third]) => third === command).flatMap((words) => words[3] ?? []);
    const parameters = read("infra/main.parameters.json");
    const passed = [...named("set"), ...named("set-secret")];
    expect(passed.filter((name) => !parameters.includes(`\${${name}=`))).toEqual([]);
    const outputs = [...read("infra/main.bicep").matchAll(/^output (\w+) /gm)].map(([, name]) => name);
    const own = ["AZURE_SUBSCRIPTION_ID"];
    expect(named("get-value").filter((name) => ![...own, ...outputs].includes(name))).toEqual([]);
  });

  it("asks for outputs that the template has", () => {
    const asked = [...deploy.matchAll(/properties\.outputs\.(\w+)\.value/g)].map(([, name = ""]) => name);
    const outputs = [...read("infra/resources.bicep").matchAll(/^output (\w+) /gm)].map(([, name]) => name);
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !outputs.includes(name))).toEqual([]);
  });

  it("deploys the app once with each block", () => {
    const deploying = /config-zip|azd (up|deploy)|func azure/g;
    const blocks = [...deploy.matchAll(/```sh\n([\s\S]*?)\n```/g)].map(([, text = ""]) => text);
    expect(blocks.filter((text) => (text.match(deploying) ?? []).length > 1)).toEqual([]);
  });

  it("needs no address that Flex Consumption does not give at the top", () => {
    expect(deploy).not.toMatch(/--query "?defaultHostName/);
  });

  it("finds valid JSON in each block of JSON", () => {
    const blocks = [...deploy.matchAll(/```json\n([\s\S]*?)\n```/g)].map(([, text = ""]) => text.trim());
    expect(blocks.length).toBeGreaterThan(3);
    for (const text of blocks) JSON.parse(text.startsWith("{") ? text : `{${text}}`);
  });
});

test("a reader of docs/recovery.md needs the variables of docs/deploy.md only", () => {
  expect(unset(stepsOf(documents["docs/recovery.md"]), ["group", "app", "site"])).toEqual([]);
});

describe("the check of commands", () => {
  it.each([
    ["az group create --name a", ["az group create needs --location: az group create --name a"]],
    ["az group create --name a --location b --nmae c", ["az group create has no --nmae"]],
    ["az frob --name a", ["unknown command: az frob --name a"]],
    ["azd env set A", []],
    ["azd env set A b c", ["azd env set takes no further word: azd env set A b c"]],
    ["az role assignment delete", ["az role assignment delete needs --ids: az role assignment delete"]],
  ])("finds what is wrong with %s", (text, problems) => {
    expect(commandProblems(text.split(" "))).toEqual(problems);
  });

  it("finds a variable that is used too early, also behind a function", () => {
    expect(unset(readScript("echo $a\na=b\necho $a $c"))).toEqual(["a", "c"]);
    expect(unset(readScript("curl $(key x)"))).toEqual(["key"]);
  });

  it("finds a query without an answer", () => {
    expect(
      search("[?starts_with(name, 'batch-')].name", answers["az monitor diagnostic-settings subscription list"]),
    ).toBe(null);
  });
});
