import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import packageJson from "../../package.json";
import { readSettings } from "../../lib/config/settings/settings";
import { parseSignal } from "../../lib/signals/signal-schema";
import { phaseFacts } from "../../lib/rotation/phases";
import { waitingReasons } from "../../lib/rotation/reasons";
import { words } from "../builders/words";

const root = path.resolve(__dirname, "../..");
const readme = readFileSync(path.join(root, "README.md"), "utf8");

const captures = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, captured]) => captured ?? "");

/** The texts of all fenced blocks in a language. */
const blocks = (language: string): readonly string[] =>
  captures(readme, new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"));

const jsonBlockWith = (member: string): string => {
  const found = blocks("json").filter((block) => block.includes(`"${member}":`));
  expect(found).toHaveLength(1);
  return found[0] ?? "";
};

/** The text up to the next heading. */
const section = (heading: string): string => {
  const [, text] = readme.split(`\n### ${heading}\n`);
  return text?.split(/\n##+ /)[0] ?? "";
};

test("every npm command exists in package.json", () => {
  const scripts = captures(readme, /\bnpm run ([\w:-]+)/g);
  const direct = captures(readme, /\bnpm (start|test)\b/g);
  const others = captures(readme, /\bnpm (?!run\b|start\b|test\b)(\w+)/g);
  expect(scripts.length + direct.length).toBeGreaterThan(4);
  expect(Object.keys(packageJson.scripts)).toEqual(expect.arrayContaining([...scripts, ...direct]));
  expect(new Set(others)).toEqual(new Set(["ci"]));
});

test("the app accepts the configuration", () => {
  const env = { AzureWebJobsStorage__accountName: "rotations", ROTATION_ACCOUNTS: jsonBlockWith("accounts") };
  const { accounts } = readSettings(env, { read: () => "" });
  expect(accounts.map(({ name }) => name)).toEqual(["render-weu"]);
});

test("the signal is one that the app takes", () => {
  expect(parseSignal(JSON.parse(jsonBlockWith("consumer")))).toMatchObject({ kind: "valid" });
});

test("the phases are those of the app, in its order", () => {
  expect(captures(section("How it decides"), /^\| `(\w+)` \|/gm)).toEqual(Object.keys(phaseFacts));
});

test("the gate's reasons have the app's spelling and order", () => {
  const named = captures(section("How it decides"), /`([A-Z][a-z]+[A-Z]\w+|Paused|Unhealthy)`/g);
  const ofTheGate = words(`
    Paused TargetKeyRefused OutsideWindow ApprovalPending DelayNotElapsed NoSignalYet SignalStale InstancesMissing
    OnPreviousKey ProofMissing Unhealthy PinnedVersion RefreshFailed RefreshPending NeedsSignal EvidenceTooWeak
    UnknownReader SoakNotElapsed KeyInAccount
  `);
  expect(named).toEqual(ofTheGate);
  expect(Object.keys(waitingReasons)).toEqual(expect.arrayContaining([...named]));
});

test("every link leads to an existing file", () => {
  const links = captures(readme, /\]\((?!https?:)([^)#]+)/g);
  expect(links.length).toBeGreaterThan(2);
  expect(links.filter((link) => !existsSync(path.join(root, link)))).toEqual([]);
});

test("every file and folder named in the text exists", () => {
  const named = captures(readme, /`((?:lib|functions|test|docs|infra)\/[\w./-]*)`/g);
  expect(named.length).toBeGreaterThan(2);
  expect(named.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
});

/** The operator actions share one route. */
const asRoute = (request: string): string =>
  request.replace(/\?.*$/, "").replace(/^(.*\/accounts\/.*)\/(?:approve|rollback|pause|resume)$/, "$1/{action}");

test("it has fewer than 150 lines, and the two commands come first", () => {
  expect(readme.trimEnd().split("\n").length).toBeLessThan(150);
  expect(blocks("sh")[0]).toBe("npm ci && npm run demo\nnpm ci && npm start\n");
});

test("the table of docs/routes.md lists exactly the registered routes", () => {
  const triggers = readFileSync(path.join(root, "functions/index.ts"), "utf8");
  const sources = captures(triggers, /"\.\/([\w-]+)"/g).map((name) =>
    readFileSync(path.join(root, `functions/${name}.ts`), "utf8"),
  );
  const registered = sources.flatMap((source) => {
    const methods = captures(source, /methods: \[([^\]]+)\]/g).flatMap((list) => captures(list, /"(\w+)"/g));
    return captures(source, /route: "([^"]+)"/g).flatMap((route) => methods.map((method) => `${method} /${route}`));
  });
  const rows = captures(readFileSync(path.join(root, "docs/routes.md"), "utf8"), /^\| (`.*?) \| /gm);
  const requests = rows.flatMap((row) => captures(row, /`((?:GET|POST|OPTIONS) [^`]+)`/g));
  expect(requests.map(asRoute).toSorted()).toEqual(registered.toSorted());
});
