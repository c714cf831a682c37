import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { AddedAccount } from "../../emulators/batch-accounts";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import { isObject } from "../../emulators/wire";
import type { Vault } from "../../emulators/vault";
import {
  loadSpecification,
  memberOf,
  readJson,
  shapeOf,
  specificationsFolder,
  specificationsPresent,
} from "./api-specifications";
import { armAudience, bearer, closeSound, raw, type RawAnswer, vaultAudience } from "./clients";
import { words } from "../../builders/words";

if (!specificationsPresent) {
  console.info(`skipped: Azure's REST specifications are not at ${specificationsFolder}`);
}
const describeWithSpecifications = specificationsPresent ? describe : describe.skip;

/** The start of each line of an error's message, up to its first value. */
const linesOf = (body: unknown): readonly string[] =>
  String(memberOf(body, "error", "message"))
    .split("\r\n")
    .map((line) => line.split(/[:=]/, 1)[0] ?? "");

const exchange = (file: string, operation: string): Readonly<Record<string, unknown>> => {
  const exchanges = memberOf(readJson("observed", file), "exchanges");
  const found = Array.isArray(exchanges)
    ? exchanges.find((candidate) => memberOf(candidate, "operation") === operation)
    : undefined;
  const response = memberOf(found, "response");
  if (!isObject(response)) throw new Error(`${file} has no exchange ${operation}`);
  return response;
};

describeWithSpecifications("the validator", () => {
  const examples: readonly [specification: string, folder: string, file: string, operationId: string][] = [
    ["batch-management.json", "batch-2023-11-01", "BatchAccountGet.json", "BatchAccount_Get"],
    ["batch-management.json", "batch-2023-11-01", "BatchAccountList.json", "BatchAccount_List"],
    ["batch-management.json", "batch-2023-11-01", "BatchAccountRegenerateKey.json", "BatchAccount_RegenerateKey"],
    ["batch-management.json", "batch-2025-06-01", "BatchAccountGetKeys.json", "BatchAccount_GetKeys"],
    [
      "batch-management.json",
      "batch-2025-06-01",
      "BatchAccountListByResourceGroup.json",
      "BatchAccount_ListByResourceGroup",
    ],
    ["batch-management.json", "batch-2025-06-01", "BatchAccountUpdate.json", "BatchAccount_Update"],
    ["batch-management.json", "batch-2025-06-01", "PrivateBatchAccountGet.json", "BatchAccount_Get"],
    ["keyvault-secrets.json", "keyvault-2025-07-01", "GetSecretVersions-example.json", "GetSecretVersions"],
    ["keyvault-secrets.json", "keyvault-2025-07-01", "GetSecrets-example.json", "GetSecrets"],
    ["keyvault-secrets.json", "keyvault-2025-07-01", "SetSecret-example.json", "SetSecret"],
    ["keyvault-secrets.json", "keyvault-2026-04-01", "GetDeletedSecret-example.json", "GetDeletedSecret"],
    ["keyvault-secrets.json", "keyvault-2026-04-01", "GetSecret-example.json", "GetSecret"],
    ["keyvault-secrets.json", "keyvault-7.5", "DeleteSecret-example.json", "DeleteSecret"],
    ["keyvault-secrets.json", "keyvault-7.5", "RecoverDeletedSecret-example.json", "RecoverDeletedSecret"],
    ["keyvault-secrets.json", "keyvault-7.5", "UpdateSecret-example.json", "UpdateSecret"],
  ];

  it.each(examples)("by %s passes Microsoft's example %s/%s", (specification, folder, file, operationId) => {
    const body = memberOf(readJson("examples", folder, file), "responses", "200", "body");
    expect(body).toBeDefined();
    expect(loadSpecification(specification).problems(operationId, 200, body)).toEqual([]);
  });

  it("is applied to every example", () => {
    const root = join(specificationsFolder, "examples");
    const present = readdirSync(root).flatMap((folder) =>
      readdirSync(join(root, folder)).map((file) => `${folder}/${file}`),
    );
    expect(examples.map(([, folder, file]) => `${folder}/${file}`).toSorted()).toEqual(present.toSorted());
  });

  it.each([
    ["BatchAccount_Get", "BatchAccount_Get"],
    ["BatchAccount_GetKeys", "BatchAccount_GetKeys"],
    ["BatchAccount_RegenerateKey", "BatchAccount_RegenerateKey"],
  ])("accepts the recorded answer of %s", (operation, operationId) => {
    const { body } = exchange("arm-batch.json", operation);
    expect(loadSpecification("batch-management.json").problems(operationId, 200, body)).toEqual([]);
  });

  it("detects a body that does not conform", () => {
    const batch = loadSpecification("batch-management.json");
    const vaults = loadSpecification("keyvault-secrets.json");
    expect(batch.problems("BatchAccount_GetKeys", 200, { primary: 1 })).toEqual(["/primary must be string"]);
    expect(batch.problems("BatchAccount_Get", 200, { properties: { poolAllocationMode: "Elsewhere" } })).toEqual([
      "/properties/poolAllocationMode must be equal to one of the allowed values",
    ]);
    expect(vaults.problems("GetSecret", 200, { attributes: { created: "2026-11-22" } })).toEqual([
      "/attributes/created must be integer",
    ]);
  });
});

describeWithSpecifications("the emulators", () => {
  let emulators: Emulators;
  let account: AddedAccount;
  let vault: Vault;

  beforeAll(async () => {
    emulators = await startEmulators();
    account = emulators.batch.addAccount({ name: "conforming" });
    vault = await emulators.addVault("conforming");
  });
  afterAll(() => closeSound(emulators));

  const arm = (method: string, action = "", body?: unknown): Promise<RawAnswer> =>
    raw(`${emulators.armUrl}${account.resourceId}${action}?api-version=2023-11-01`, {
      method,
      headers: bearer(armAudience),
      ...(body === undefined ? {} : { body }),
    });

  const secrets = (method: string, path: string, body?: unknown): Promise<RawAnswer> =>
    raw(`${vault.url}${path}?api-version=2026-04-01`, {
      method,
      headers: bearer(vaultAudience),
      ...(body === undefined ? {} : { body }),
    });

  it("return an account with the recorded members", async () => {
    const answer = await arm("GET");
    const recorded = exchange("arm-batch.json", "BatchAccount_Get");
    expect(loadSpecification("batch-management.json").problems("BatchAccount_Get", 200, answer.body)).toEqual([]);
    expect(shapeOf(answer.body)).toEqual(shapeOf(recorded["body"]));
    for (const header of Object.keys(isObject(recorded["headers"]) ? recorded["headers"] : {})) {
      expect([header, answer.headers.has(header)]).toEqual([header, true]);
    }
  });

  it.each([
    ["BatchAccount_GetKeys", "/listKeys", undefined],
    ["BatchAccount_RegenerateKey", "/regenerateKeys", { keyName: "Secondary" }],
  ])("answer %s with the recorded members", async (operation, action, body) => {
    const answer = await arm("POST", action, body);
    const recorded = exchange("arm-batch.json", operation);
    expect(loadSpecification("batch-management.json").problems(operation, 200, answer.body)).toEqual([]);
    expect(shapeOf(answer.body)).toEqual(shapeOf(recorded["body"]));
    for (const header of words(
      "cache-control pragma expires content-type x-ms-ratelimit-remaining-subscription-writes",
    )) {
      expect([header, answer.headers.has(header)]).toEqual([header, true]);
    }
    expect(answer.headers.has("etag")).toBe(false);
  });

  it("answer a missing account with Resource Manager's message", async () => {
    const recorded = exchange("arm-batch.json", "any GET of a missing resource");
    const missing = account.resourceId.replace(/[^/]+$/, "absent");
    const answer = await raw(`${emulators.armUrl}${missing}?api-version=2023-11-01`, { headers: bearer(armAudience) });
    const message = String(memberOf(recorded["body"], "error", "message"))
      .replace("Microsoft.KeyVault/vaults/clibatchtestkv000003", "Microsoft.Batch/batchAccounts/absent")
      .replace("clitest.rg000001", account.resourceGroup);
    expect(answer).toMatchObject({ status: 404, body: { error: { code: "ResourceNotFound", message } } });
    expect(answer.headers.get("x-ms-failure-cause")).toBe("gateway");
    expect(loadSpecification("batch-management.json").problems("BatchAccount_Get", 404, answer.body)).toEqual([]);
  });

  it("answer a wrong signature and a disallowed mode as the data plane does", async () => {
    const call = () =>
      raw(`https://${account.accountEndpoint}/pools?api-version=2022-10-01.16.0`, {
        headers: { authorization: `SharedKey ${account.name}:AAAA`, "ocp-date": new Date().toUTCString() },
      });
    const wrongSignature = await call();
    emulators.batch.setModes(account.name, ["AAD"]);
    const notAllowed = await call();
    emulators.batch.setModes(account.name, null);
    const observed = readJson("observed", "batch-data-plane.json");
    const [badSignature, modeRefused] = [observed["badSignature"], observed["sharedKeyNotAllowed"]];
    expect(wrongSignature.status).toBe(memberOf(badSignature, "status"));
    expect(shapeOf(wrongSignature.body)).toEqual(shapeOf(memberOf(badSignature, "body")));
    expect(wrongSignature.body["code"]).toBe(memberOf(badSignature, "body", "code"));
    expect(notAllowed.status).toBe(memberOf(modeRefused, "status"));
    expect(notAllowed.body["values"]).toEqual(memberOf(modeRefused, "body", "values"));
    for (const [answer, expected] of [
      [wrongSignature, badSignature],
      [notAllowed, modeRefused],
    ] as const) {
      const sentence = String(memberOf(expected, "body", "message", "value")).split("\n")[0] ?? "";
      expect(String(memberOf(answer.body, "message", "value")).startsWith(`${sentence}\nRequestId:`)).toBe(true);
    }
  });

  it("challenge as the recorded vault does", async () => {
    const recorded = exchange("keyvault.json", "SetSecret without Authorization (the SDK's first, body-less PUT)");
    const answer = await raw(`${vault.url}/secrets/a?api-version=2026-04-01`, {
      method: "PUT",
      headers: { "x-ms-client-request-id": "1" },
    });
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual(recorded["body"]);
    // The address of the caller, which is never read.
    const headers = Object.keys(isObject(recorded["headers"]) ? recorded["headers"] : {}).filter(
      (name) => name !== "x-ms-keyvault-network-info",
    );
    for (const header of headers) expect([header, answer.headers.has(header)]).toEqual([header, true]);
  });

  it("return a set or read secret with the recorded members", async () => {
    const set = await secrets("PUT", "/secrets/recorded", { value: "RSA", attributes: {} });
    const read = await secrets("GET", "/secrets/recorded/");
    const recorded = exchange("keyvault.json", "SetSecret");
    const specification = loadSpecification("keyvault-secrets.json");
    expect(specification.problems("SetSecret", 200, set.body)).toEqual([]);
    expect(specification.problems("GetSecret", 200, read.body)).toEqual([]);
    expect(shapeOf(set.body)).toEqual(shapeOf(recorded["body"]));
    expect(shapeOf(read.body)).toEqual(shapeOf(set.body));
  });

  it("return a changed secret with the members of the example", async () => {
    const { version } = vault.seed("changed", { value: "x" });
    const answer = await secrets("PATCH", `/secrets/changed/${version}`, {
      tags: { mytag: "myvalue" },
      contentType: "myContentType",
      attributes: { enabled: true },
    });
    const example = memberOf(
      readJson("examples", "keyvault-7.5", "UpdateSecret-example.json"),
      "responses",
      "200",
      "body",
    );
    expect(loadSpecification("keyvault-secrets.json").problems("UpdateSecret", 200, answer.body)).toEqual([]);
    // Vaults with soft delete add the number of days, as recorded.
    expect(shapeOf(answer.body).filter((path) => path !== ".attributes.recoverableDays")).toEqual(shapeOf(example));
  });

  it("answer lists with conforming pages, and with links as in the example", async () => {
    for (let index = 0; index < 26; index += 1) vault.seed("listed", { value: "x" });
    const first = await secrets("GET", "/secrets/listed/versions");
    const last = await raw(String(first.body["nextLink"]), { headers: bearer(vaultAudience) });
    const example = memberOf(
      readJson("examples", "keyvault-2025-07-01", "GetSecretVersions-example.json"),
      "responses",
      "200",
      "body",
    );
    const specification = loadSpecification("keyvault-secrets.json");
    expect(specification.problems("GetSecretVersions", 200, first.body)).toEqual([]);
    const recovery = /\.(recoveryLevel|recoverableDays)$/;
    expect(shapeOf(first.body).filter((path) => !recovery.test(path))).toEqual(shapeOf(example));
    expect(Object.keys(last.body)).toEqual(["value"]);
    const [link, exampleLink] = [first.body["nextLink"], memberOf(example, "nextLink")].map(
      (text) => new URL(String(text)),
    );
    expect([...(link?.searchParams.keys() ?? [])]).toEqual([...(exampleLink?.searchParams.keys() ?? [])]);
    expect(link?.origin).toBe(vault.url);
  });

  it("delete and recover with the recorded members", async () => {
    vault.seed("deleted", { value: "x" });
    const deleted = await secrets("DELETE", "/secrets/deleted");
    const refused = await secrets("PUT", "/secrets/deleted", { value: "y" });
    const polls = [
      await secrets("GET", "/deletedsecrets/deleted"),
      await secrets("GET", "/deletedsecrets/deleted"),
      await secrets("GET", "/deletedsecrets/deleted"),
    ];
    const recovered = await secrets("POST", "/deletedsecrets/deleted/recover");
    const specification = loadSpecification("keyvault-secrets.json");
    const recordedDeletion = shapeOf(exchange("keyvault.json", "DeleteSecret")["body"]);
    const conflict = JSON.stringify(exchange("keyvault.json", "SetSecret on a soft-deleted name")["body"]);
    expect(specification.problems("DeleteSecret", 200, deleted.body)).toEqual([]);
    expect(specification.problems("GetDeletedSecret", 404, polls[0]?.body)).toEqual([]);
    expect(specification.problems("GetDeletedSecret", 200, polls[2]?.body)).toEqual([]);
    expect(specification.problems("RecoverDeletedSecret", 200, recovered.body)).toEqual([]);
    expect(shapeOf(deleted.body)).toEqual(recordedDeletion);
    expect(shapeOf(polls[2]?.body)).toEqual(recordedDeletion);
    expect(refused.status).toBe(409);
    expect(refused.body).toEqual(JSON.parse(conflict.replace("NAME", "deleted")));
  });

  it("refuse a disabled secret and a missing right with the service's messages", async () => {
    vault.seed("disabled", { value: "x" });
    vault.disable("disabled");
    const disabled = await secrets("GET", "/secrets/disabled");
    vault.deny("getSecret/action");
    const denied = await secrets("GET", "/secrets/disabled");
    vault.allow("getSecret/action");
    const recorded = exchange("keyvault.json", "RBAC denial")["body"];
    expect(disabled.body).toEqual(exchange("keyvault.json", "GetSecret of a disabled version")["body"]);
    expect([disabled.status, denied.status]).toEqual([403, 403]);
    expect(shapeOf(denied.body)).toEqual(shapeOf(recorded));
    expect(linesOf(denied.body)).toEqual(linesOf(recorded));
    expect(loadSpecification("keyvault-secrets.json").problems("GetSecret", 403, denied.body)).toEqual([]);
  });
});
