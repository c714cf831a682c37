import { readFileSync } from "node:fs";
import path from "node:path";
import { pageTo } from "../../../cli/browser";
import { keyVariable } from "../../../cli/credentials";
import { Secrets } from "../../../cli/secrets";
import { CommandLine, type CommandLineOptions } from "../../rig/command-line";
import { helpTexts } from "../../tools/command-line-document";

const line = new CommandLine(null);
const run = (args: readonly string[], options: CommandLineOptions = {}) => line.run(args, options);

const requestOf = async (args: readonly string[], options: CommandLineOptions) => {
  const sent: { url: string; headers: Headers; redirect: string | undefined }[] = [];
  await run(args, {
    ...options,
    fetch: async (url, { headers, redirect }) => {
      sent.push({ url, headers: new Headers(headers), redirect });
      return Response.json({ accounts: [], checkedAt: "2026-11-27T10:00:00.000Z" });
    },
  });
  return sent[0];
};

describe("the address", () => {
  test.each([
    ["https://app.example.net", "https://app.example.net/api/accounts"],
    ["https://app.example.net/api/", "https://app.example.net/api/accounts"],
    ["https://gateway.example.net/batch-keys/", "https://gateway.example.net/batch-keys/api/accounts"],
    ["http://127.0.0.1:7071", "http://127.0.0.1:7071/api/accounts"],
    ["http://localhost:7071/api", "http://localhost:7071/api/accounts"],
  ])("%s leads to %s", async (url, asked) => {
    expect((await requestOf(["status", "--url", url], {}))?.url).toBe(asked);
  });

  test.each([
    ["http://app.example.net", "https://"],
    ["ftp://127.0.0.1", "https://"],
    ["https://app.example.net?code=secret", "keys are read from ROTATOR_KEY"],
    ["https://ada:secret@app.example.net", "keys are read from ROTATOR_KEY"],
    ["app.example.net", "is not an address"],
    ["", "set ROTATOR_URL or --url"],
  ])("%s is refused", async (url, message) => {
    const ran = await run(["status"], { env: { ROTATOR_URL: url } });
    expect(ran).toMatchObject({ code: 2, out: "", err: expect.stringContaining(message) });
    expect(ran.err).not.toContain("secret");
  });
});

describe("the caller", () => {
  test("sends the key of the function, else the one that opens all, and follows no redirect with it", async () => {
    const env = { ROTATOR_KEY_LIST_ACCOUNTS: "key-of-list-accounts" };
    const sent = await requestOf(["status"], { env });
    expect([sent?.headers.get("x-functions-key"), sent?.redirect]).toEqual(["key-of-list-accounts", "manual"]);
    expect((await requestOf(["coverage"], { env }))?.headers.get("x-functions-key")).toBe("the-key-of-all-functions");
    expect((await requestOf(["status"], { env: { ROTATOR_KEY: "" } }))?.headers.has("x-functions-key")).toBe(false);
    expect(keyVariable("rotateOnDemand")).toBe("ROTATOR_KEY_ROTATE_ON_DEMAND");
  });

  test.each([
    ["--audience", ["status", "--audience", "api://1"], {}],
    ["ROTATOR_AUDIENCE", ["status"], { ROTATOR_AUDIENCE: "api://1" }],
  ])("sends a token of the Azure CLI where %s names the registration", async (_what, args, env) => {
    const asked: string[] = [];
    const sent = await requestOf(args, {
      env,
      run: async (program, given) => {
        asked.push([program, ...given].join(" "));
        return "eyJ-a-token\n";
      },
    });
    expect(sent?.headers.get("authorization")).toBe("Bearer eyJ-a-token");
    expect(asked).toEqual(["az account get-access-token --resource api://1 --query accessToken --output tsv"]);
  });

  test("without a sign-in of the Azure CLI learns what to do", async () => {
    expect(await run(["status", "--audience", "api://1"])).toMatchObject({
      code: 1,
      err: expect.stringContaining("az login"),
    });
  });

  test.each([
    [
      401,
      "set ROTATOR_KEY_LIST_ACCOUNTS to the key of the function listAccounts, or ROTATOR_KEY to one that opens all",
    ],
    [302, "where sign-in is on, set ROTATOR_AUDIENCE too"],
    [404, "is it the address of a rotator"],
    [500, "the app answers 500 without a reason"],
  ])("that is answered %s without a reason learns what to do", async (status, message) => {
    const ran = await run(["status"], { fetch: async () => new Response("", { status }) });
    expect(ran).toMatchObject({ code: 1, out: "", err: expect.stringContaining(message) });
  });

  test("learns when to try again, and what an answer of something else means", async () => {
    const body = JSON.stringify({ reason: "Unavailable", detail: "the tables are out of reach" });
    const headers = { "retry-after": "30" };
    const busy = await run(["status"], { fetch: async () => new Response(body, { status: 503, headers }) });
    expect(busy.err).toBe("batch-key-rotator: Unavailable: the tables are out of reach (try again in 30 s)\n");
    const other = await run(["status"], { fetch: async () => new Response("<html>") });
    expect(other.err).toContain("something else than JSON");
    expect((await run(["status"])).err).toContain("does not answer: ECONNREFUSED");
  });
});

test("no key and no token is ever written, whatever an answer repeats", async () => {
  const token = "eyJ-a-token+of/ada";
  const echo = { reason: "Echo", detail: `the-key-of-all-functions, ${token}, ${encodeURIComponent(token)}` };
  const ran = await run(["status", "--audience", "api://1"], {
    run: async () => token,
    fetch: async () => Response.json(echo, { status: 409 }),
  });
  expect(ran.err).toBe("batch-key-rotator: Echo: [key], [key], [key]\n");
  expect(new Secrets().without("a text")).toBe("a text");
});

test("the browser is led to the page by a file, so that no process has the key in its arguments", () => {
  expect(pageTo('https://app.example.net/api/dashboard?code=a"b&c')).toContain(
    "url=https://app.example.net/api/dashboard?code=a&quot;b&amp;c",
  );
});

test.each([
  ["an unknown command", ["stauts"], "(Did you mean status?)"],
  ["an unknown option", ["status", "--outptu", "json"], "(Did you mean --output?)"],
  ["a missing argument", ["approve"], "missing required argument 'account'"],
  ["a wrong form", ["status", "--output", "yaml"], "Allowed choices are table, json."],
  ["a wrong interval", ["watch", "--interval", "0"], "must be a whole number of seconds"],
  ["no command", [], "Usage: batch-key-rotator"],
])("%s is a usage error with a message on standard error", async (_what, args, message) => {
  expect(await run(args)).toEqual({ code: 2, out: "", err: expect.stringContaining(message) });
});

test("help and version are data, and no failure", async () => {
  expect(await run(["--help"])).toMatchObject({ code: 0, err: "", out: expect.stringContaining("Exit codes: 0 fine") });
  expect(await run(["--version"])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

const rows = ({ out }: { out: string }) => out.split("\n").filter((row) => row.startsWith("idle-")).length;

test("of many idle accounts 20 are listed, unless all are asked for", async () => {
  const idle = {
    phase: "idle",
    secret: { version: null },
    rotation: null,
    waitingFor: null,
    blocked: null,
    nextDueAt: null,
  };
  const accounts = Array.from({ length: 30 }, (_, index) => ({
    ...idle,
    account: `idle-${index}`,
    lastRotation: null,
  }));
  const fetch = async () =>
    Response.json({ accounts: [...accounts, { ...accounts[0], account: "urgent", paused: true }] });
  const few = await run(["status"], { fetch });
  expect([rows(few), few.code, few.err]).toEqual([20, 3, "10 more idle accounts: --all shows them\n"]);
  expect(few.out.split("\n")[1]).toMatch(/^urgent/);
  expect(rows(await run(["status", "--all"], { fetch }))).toBe(30);
  expect(rows(await run(["status", "--state", "person"], { fetch }))).toBe(0);
});

const check = (text: string, ...args: readonly string[]) =>
  run(["validate", "accounts.jsonc", ...args], { files: { "accounts.jsonc": text } });

const group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/render";
const resourceId = `${group}/providers/Microsoft.Batch/batchAccounts/renderweu`;

describe("validate", () => {
  const sample = `{
  // one account
  "accounts": [
    {
      "name": "render-weu",
      "resourceId": "${resourceId}",
      "secret": { "vaultUrl": "https://render-keys.vault.azure.net" },
      "gate": { "consumers": [{ "name": "render-api" }] },
    },
  ],
}
`;
  test("a file that the app takes is valid, comments and trailing commas too", async () => {
    expect(await check(sample)).toEqual({ code: 0, out: "", err: "accounts.jsonc is valid\n" });
  });

  test("every problem is reported with the line and column of its place", async () => {
    const wrong = sample
      .replace('"name": "render-weu"', '"name": "render-weu", "rotateEvery": "2 months"')
      .replace('"name": "render-api"', '"name": "render-api", "proff": "required"');
    expect(await check(wrong)).toEqual({
      code: 1,
      out: expect.stringMatching(
        new RegExp(
          "^accounts.jsonc:5:29 /accounts/0/rotateEvery must be .*\n" +
            "accounts.jsonc:8:55 /accounts/0/gate/consumers/0/proff is not a known key.*\n$",
        ),
      ),
      err: "accounts.jsonc has 2 problems\n",
    });
  });

  test.each([
    ["a text that is no JSON", sample.replace('"accounts": [', '"accounts": '), /^accounts\.jsonc:\d+:\d+ is not JSON/],
    ["a key twice", sample.replace('"name": ', '"name": "a-b-c", "name": '), /^accounts\.jsonc:5:24 holds a key twice/],
    [
      "what is missing, at what should hold it",
      '{\n  "accounts": [{}]\n}',
      /^accounts\.jsonc:2:16 \/accounts\/0\/resourceId /,
    ],
    ["an empty text", "", /^accounts\.jsonc:1:1 /],
  ])("reports %s", async (_what, text, out) => {
    expect(await check(text)).toMatchObject({ code: 1, out: expect.stringMatching(out) });
  });

  test("as JSON has the same places", async () => {
    const { out } = await check("{}", "--output", "json");
    expect(JSON.parse(out)).toEqual({
      file: "accounts.jsonc",
      problems: [{ line: 1, column: 1, at: "/accounts", problem: expect.any(String) }],
    });
  });

  test("knows the vault of accounts that name none, and the vaults of a cloud", async () => {
    const without = sample.replace('"secret": { "vaultUrl": "https://render-keys.vault.azure.net" },', "");
    expect((await check(without)).code).toBe(1);
    expect((await check(without, "--vault-url", "https://keys.vault.azure.net")).code).toBe(0);
    expect((await check(sample, "--cloud", "AzureChina")).out).toContain(".vault.azure.cn");
  });

  test("says that a file cannot be read", async () => {
    expect(await run(["validate", "none.json"])).toMatchObject({
      code: 1,
      err: expect.stringContaining("none.json cannot be read"),
    });
  });
});

test("each help stands in the documents", () => {
  const document = readFileSync(path.join(__dirname, "../../../docs/command-line.md"), "utf8");
  const missing = helpTexts()
    .filter(({ text }) => !document.includes(text))
    .map(({ command }) => command);
  expect(missing).toEqual([]);
});
