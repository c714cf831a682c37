import { readersQuery } from "../../../lib/azure/log-analytics/readers-query";
import { v1, v2 } from "../../builders/state";
import { at } from "../../builders/time";
import type { AuditLine } from "../../emulators/audit-lines";
import { answerReadersQuery, parseReadersQuery } from "../../emulators/readers-query";
import { runKql } from "./kql";
import { loadKusto } from "./kusto";

const secret = { vaultUrl: "https://render.vault.azure.net", name: "batch-key" };
const question = { from: at("10:00", 1), to: at("10:15"), consumers: ["c1"], rotator: "the-rotator" };
const query = readersQuery(secret, question);

const line = (changes: Partial<AuditLine> = {}): AuditLine => ({
  TimeGenerated: new Date(at("10:05")),
  OperationName: "SecretGet",
  HttpStatusCode: 200,
  Id: `https://render.vault.azure.net/secrets/batch-key/${v2}`,
  RequestUri: "https://render.vault.azure.net/secrets/batch-key/?api-version=7.5",
  CallerIpAddress: "203.0.113.7",
  ClientInfo: "c".repeat(300),
  Identity: { claim: { oid: "C1", appid: "a", xms_mirid: "/subscriptions/s/sites/web" } },
  ...changes,
});

const longName = "http://schemas.microsoft.com/identity/claims/objectidentifier";

/** Every trap of the audit log. */
const lines: readonly AuditLine[] = [
  line(),
  line({ TimeGenerated: new Date(at("10:02")), CallerIpAddress: "203.0.113.8" }),
  line({ Id: `https://render.vault.azure.net/secrets/batch-key/${v1}`, TimeGenerated: new Date(at("09:00")) }),
  line({ Id: `HTTPS://RENDER.VAULT.AZURE.NET/SECRETS/BATCH-KEY/${v2}`, OperationName: "SECRETGET" }),
  line({ Id: "https://render.vault.azure.net/secrets/batch-key", Identity: { claim: { oid: "no-version" } } }),
  line({ Id: `https://render.vault.azure.net/secrets/batch-key2/${v2}`, Identity: { claim: { oid: "other secret" } } }),
  line({ Id: `https://other.vault.azure.net/secrets/batch-key/${v2}`, Identity: { claim: { oid: "other vault" } } }),
  line({ HttpStatusCode: 403, Identity: { claim: { oid: "refused" } } }),
  line({ OperationName: "SecretListVersions", Identity: { claim: { oid: "lists" } } }),
  line({ Identity: { claim: { oid: "THE-ROTATOR" } } }),
  line({ Identity: { claim: { [longName]: "long-name" } }, TimeGenerated: new Date(at("10:10")) }),
  line({ Identity: { claim: { appid: "App-Only" } }, TimeGenerated: new Date(at("10:11")) }),
  line({ Identity: { claim: {} }, TimeGenerated: new Date(at("10:12")) }),
];

const cell = (value: unknown): unknown => (value instanceof Date ? value.toISOString().replace("Z", "0000Z") : value);

test("Microsoft's parser accepts the query over the table as it is documented, and no misspelt column", () => {
  const problemsOf = loadKusto();
  expect(problemsOf(query)).toEqual([]);
  expect(problemsOf(readersQuery(secret, { ...question, consumers: [], rotator: null }))).toEqual([]);
  expect(problemsOf(query.replace("HttpStatusCode", "StatusCode"))).not.toEqual([]);
});

test("the emulator answers it as the query itself does", () => {
  const parsed = parseReadersQuery(query);
  if (parsed === null) throw new Error("the emulator does not understand the query");
  const { columns, rows } = answerReadersQuery(parsed, lines);
  const run = runKql(query, { AZKVAuditLogs: lines.map((one) => ({ ...one })) });
  expect(run.map((row) => columns.map(({ name }) => cell(row[name])))).toEqual(rows);
  expect(rows.map(([who, version, , , reads]) => [who, version, reads])).toEqual([
    ["c1", v2, 3],
    ["c1", v1, 1],
    ["", v2, 1],
    ["app-only", v2, 1],
    ["long-name", v2, 1],
    ["no-version", "", 1],
  ]);
});

test("another query is none that the emulator understands", () => {
  expect(parseReadersQuery(query.replace("count()", "countif(true)"))).toBeNull();
});
