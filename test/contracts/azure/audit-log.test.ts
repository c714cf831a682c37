import { AzureAuditLog } from "../../../lib/azure/log-analytics/azure-audit-log";
import { createCredential } from "../../../lib/azure/sdk/credential";
import { OperatorNeededError, TransientServiceError } from "../../../lib/errors";
import type { ReadersQuestion } from "../../../lib/ports/audit-log";
import type { SecretRef } from "../../../lib/rotation/account-config";
import { v2 } from "../../builders/state";
import { at, minutes } from "../../builders/time";
import type { AuditLine } from "../../emulators/audit-lines";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import type { FakeRead } from "../../fakes/world/fake-audit-log";
import { KeyVaultSecrets } from "../../../lib/azure/key-vault/key-vault-secrets";
import { emulatedObjectId } from "../../emulators/tokens";
import { auditLogContract, one } from "../suites/audit-log-suite";
import { leaked, thrownBy } from "./leaks";

const call = { signal: new AbortController().signal };
const secret = { vaultUrl: "https://render.vault.azure.net", name: "renderweu-batch-key" };
const question: ReadersQuestion = { from: at("10:00", 1), to: at("10:15"), consumers: [], rotator: null };

let emulators: Emulators;
let log: AzureAuditLog;
let credential: ReturnType<typeof createCredential>;
const opened = (workspaceId = emulators.logs.workspaceId, logScope = "https://api.loganalytics.io/.default") =>
  new AzureAuditLog({ credential, logEndpoint: emulators.logs.url, logScope, workspaceId });

beforeAll(async () => {
  emulators = await startEmulators({ now: () => new Date(at("10:15")) });
  Object.assign(process.env, emulators.env);
  const authorityHost = "https://login.microsoftonline.com";
  credential = createCredential({ env: emulators.env, clientId: null, authorityHost });
  log = opened();
});
const emptied = (): void => {
  const { faults, logs, journal } = emulators;
  faults.clear();
  journal.clear();
  logs.service.audit.clear();
  Object.assign(logs.service, { isDenied: false, hasTable: true, partialRows: null });
};
afterEach(() => emptied());
afterAll(() => emulators.close());

/** A request without a version, and the answer's id with it, in the case that the vault writes. */
const lineOf = (
  { vaultUrl, name }: SecretRef,
  { identity, version, at: when, resource = null, address = null, client = null }: FakeRead,
): AuditLine => ({
  TimeGenerated: new Date(when),
  OperationName: "SecretGet",
  HttpStatusCode: 200,
  Id: `${vaultUrl}/secrets/${name}${version === null ? "" : `/${version}`}`,
  RequestUri: `${vaultUrl}/secrets/${name}/?api-version=7.5`,
  CallerIpAddress: address ?? "",
  ClientInfo: client ?? "",
  Identity: { claim: { oid: identity, appid: "a", ...(resource === null ? {} : { xms_mirid: resource }) } },
});

const add = (changes: Partial<AuditLine> = {}): void =>
  emulators.logs.service.audit.add({ ...lineOf(secret, { identity: one, version: v2, at: at("10:05") }), ...changes });
const readers = async () => (await log.readers(secret, question, call)).readers;

auditLogContract("Log Analytics", async () => ({
  log,
  secret,
  read: (of, read) => emulators.logs.service.audit.add(lineOf(of, read)),
  delay: (ms) => {
    emulators.logs.service.audit.delayMs = ms;
  },
  close: async () => emptied(),
}));

describe("a line of the audit log", () => {
  it.each([
    ["is no read where it was refused", { HttpStatusCode: 403 }],
    ["is no read where it was not found", { HttpStatusCode: 404 }],
    ["is no read where versions were listed", { OperationName: "SecretListVersions" }],
    ["is no read where a version was written", { OperationName: "SecretSet" }],
  ])("%s", async (_what, changes) => {
    add(changes);
    expect(await readers()).toEqual([]);
  });

  it("may write the address of the secret, the version and the operation in any case", async () => {
    const { Id } = lineOf(secret, { identity: one, version: v2, at: at("10:05") });
    add({ Id: Id.toUpperCase(), OperationName: "SECRETGET" });
    expect(await readers()).toMatchObject([{ version: v2 }]);
  });

  it.each([
    ["under its older name", { "http://schemas.microsoft.com/identity/claims/objectidentifier": one }, one],
    ["that is an app without an object id", { appid: "app-id" }, "app-id"],
    ["that is not there", {}, "unknown"],
  ])("may name an identity %s", async (_what, claim, identity) => {
    add({ Identity: { claim } });
    expect(await readers()).toMatchObject([{ identity, resource: null }]);
  });

  it("whose version is none has none", async () => {
    add({ Id: `${secret.vaultUrl}/secrets/${secret.name}/backup` });
    expect(await readers()).toMatchObject([{ version: null }]);
  });

  it("is shown without a key that a caller has put into its user agent, and not at any length", async () => {
    const key = `${"ab1+".repeat(21)}cd==`;
    add({ ClientInfo: `curl/8 ${key}`, Identity: { claim: { oid: one, xms_mirid: "/sites a".repeat(1_000) } } });
    const [reader] = await readers();
    expect(reader?.client).toBe("curl/8 [removed: looks like a key]");
    expect(reader?.resource).toHaveLength(500);
  });
});

test("a read of the emulated vault has a line, with the version that it was answered with and who asked", async () => {
  const vault = await emulators.addVault("keys");
  const ref = { vaultUrl: vault.url, name: "batch-key" };
  const { version } = vault.seed(ref.name, { value: Buffer.alloc(64, 7).toString("base64") });
  const secrets = new KeyVaultSecrets({ credential, emulated: true });
  await secrets.newest(ref, call);
  await secrets.version(ref, version, call);
  await secrets.version(ref, v2, call);
  const found = await log.readers(ref, question, call);
  expect(found.readers).toMatchObject([{ identity: emulatedObjectId, version, address: "203.0.113.10" }]);
  expect(found.readers[0]?.reads).toBeGreaterThanOrEqual(2);
  expect(found.readers[0]?.client).toMatch(/azsdk-js-keyvault-secrets/);
});

describe("an answer with status 200", () => {
  it("that is partial counts for what it shows, and says so", async () => {
    add();
    add({ Identity: { claim: { oid: "2" } }, TimeGenerated: new Date(at("10:01")) });
    emulators.logs.service.partialRows = 1;
    expect(await log.readers(secret, question, call)).toMatchObject({
      readers: [{ identity: one }],
      incomplete: "the log has answered in part only (E_QUERY_RESULT_SET_TOO_LARGE)",
    });
  });

  it.each([
    ["partial without a reason", { error: { code: "PartialError" } }, "the log has answered in part only"],
    ["with a line that cannot be read", {}, "some of its lines cannot be read"],
  ])("that is %s says so", async (_what, more, incomplete) => {
    const columns = ["Who", "Version", "FirstAt", "LastAt", "Reads"].map((name) => ({ name, type: "string" }));
    const body = { tables: [{ name: "PrimaryResult", columns, rows: [[one, v2, "never", "never", 1]] }], ...more };
    emulators.faults.add({ route: "logs.query", when: "before", kind: "status", status: 200, body });
    expect(await log.readers(secret, question, call)).toMatchObject({ readers: [], incomplete });
  });

  it("with more readers than are wanted leaves the oldest out, and says so", async () => {
    emulators.logs.service.audit.bulk = function* () {
      for (let i = 0; i <= 25_000; i += 1)
        yield lineOf(secret, {
          identity: `id-${i}`,
          version: v2,
          at: new Date(Date.parse(at("09:00")) + i).toISOString(),
        });
    };
    const answer = await log.readers(secret, { ...question, consumers: ["id-0"] }, call);
    expect([answer.readers.length, answer.more, answer.incomplete]).toEqual([25_000, true, null]);
    expect(answer.readers[0]?.identity).toBe("id-0");
    expect(answer.readers.at(-1)?.identity).toBe("id-2");
  });

  it.each([
    ["an error in place of a table", { error: { code: "BadArgumentError" } }],
    ["no JSON", "<html></html>"],
  ])("that is %s may be asked for again", async (_what, body) => {
    emulators.faults.add({ route: "logs.query", when: "before", kind: "status", status: 200, body });
    await expect(readers()).rejects.toMatchObject({
      name: "TransientServiceError",
      facts: { code: "MalformedAnswer" },
    });
  });
});

const failing = (status: number, more: { readonly retryAfter?: number; readonly code?: string } = {}) => {
  emulators.faults.add({ route: "logs.query", when: "before", kind: "status", status, ...more });
  return readers();
};

describe("the failures of the query API", () => {
  it.each([
    [400, TransientServiceError],
    [401, TransientServiceError],
    [403, OperatorNeededError],
    [404, OperatorNeededError],
    [409, TransientServiceError],
    [500, TransientServiceError],
    [504, TransientServiceError],
  ])("are distinguished by what ends them: %i", async (status, kind) => {
    await expect(failing(status)).rejects.toBeInstanceOf(kind);
  });

  it("keep how long a busy workspace asks to wait, and are not waited for", async () => {
    await expect(failing(429, { retryAfter: 30 })).rejects.toMatchObject({ retryAfterMs: 30_000 });
    expect(emulators.journal.count("logs.query")).toBe(1);
  });

  it("are repeated where they pass within seconds", async () => {
    add();
    emulators.faults.add({ route: "logs.query", when: "before", kind: "status", status: 503, times: 1 });
    expect(await readers()).toHaveLength(1);
  });

  it("name the role, the workspace and the command", async () => {
    emulators.logs.service.isDenied = true;
    await expect(readers()).rejects.toMatchObject({
      reason: "Forbidden",
      remedy: expect.stringMatching(/role Log Analytics Reader on workspace 4{8}-.*az role assignment create/),
      facts: { code: "InsufficientAccessError" },
    });
  });

  it("tell a workspace that has never had a line from a query that is wrong", async () => {
    emulators.logs.service.hasTable = false;
    await expect(readers()).rejects.toMatchObject({
      reason: "NotFound",
      remedy: expect.stringContaining("send the category AuditEvent"),
    });
  });

  it("tell a workspace that is not there", async () => {
    const asking = opened("55555555-5555-4555-8555-555555555555").readers(secret, question, call);
    await expect(asking).rejects.toMatchObject({ reason: "NotFound", facts: { code: "WorkspaceNotFoundError" } });
  });

  it("tell a token of another cloud", async () => {
    const asking = opened(emulators.logs.workspaceId, "https://api.loganalytics.us/.default");
    await expect(asking.readers(secret, question, call)).rejects.toMatchObject({ facts: { statusCode: 401 } });
  });

  it.each(["resetBeforeAnswer", "truncatedJson", "resetInMiddle"] as const)("may be repeated: %s", async (kind) => {
    emulators.faults.add({ route: "logs.query", when: "after", kind });
    await expect(readers()).rejects.toBeInstanceOf(TransientServiceError);
  });

  it("end with the caller's signal", async () => {
    emulators.faults.add({ route: "logs.query", when: "before", kind: "hang" });
    const asking = log.readers(secret, question, { signal: emulators.journal.abortsAt("logs.query") });
    await expect(asking).rejects.toBeInstanceOf(TransientServiceError);
  });

  it("show nothing of an answer's body", async () => {
    const key = Buffer.alloc(64, 9).toString("base64");
    const body = { error: { code: `Wrong ${key}`, message: key } };
    emulators.faults.add({ route: "logs.query", when: "before", kind: "status", status: 400, body });
    expect(leaked(await thrownBy(readers), [key])).toEqual([]);
  });
});

test("a line arrives minutes after its request", async () => {
  emulators.logs.service.audit.delayMs = minutes(10) + 1;
  add();
  expect(await readers()).toEqual([]);
  emulators.logs.service.audit.delayMs = minutes(10);
  expect(await readers()).toHaveLength(1);
});
