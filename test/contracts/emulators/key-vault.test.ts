import type { SecretClient } from "@azure/keyvault-secrets";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import type { Vault } from "../../emulators/vault";
import {
  bearer,
  closeSound,
  failureOf,
  primedSecretClient,
  raw,
  secretClient,
  useIdentityOf,
  vaultAudience,
} from "./clients";

let emulators: Emulators;
let vault: Vault;
let client: SecretClient;
const now = new Date("2026-11-22T10:00:00.987Z");

beforeAll(async () => {
  emulators = await startEmulators({ now: () => now });
  useIdentityOf(emulators);
  vault = await emulators.addVault("vault-under-test");
  client = await primedSecretClient(vault);
});
afterAll(() => closeSound(emulators));

const authorised = bearer(vaultAudience);

const tags = (count: number, length = 1): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag${index}`, "x".repeat(length)]));

describe("the challenge", () => {
  it("comes before the body is read, and the SDK then sends its body", async () => {
    emulators.journal.clear();
    await secretClient(vault).setSecret("challenged", "value");
    expect(emulators.journal.entries.filter(({ subject }) => subject === "challenged")).toMatchObject([
      { route: "vault.challenge", method: "PUT", status: 401 },
      { route: "vault.setSecret", method: "PUT", status: 200 },
    ]);
    expect(vault.newest("challenged")?.value).toBe("value");
  });

  it("is followed by a refusal of a PUT without body, as sent by a client that was not primed", async () => {
    const answer = await raw(`${vault.url}/secrets/empty?api-version=7.5`, { method: "PUT", headers: authorised });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "BadParameter" } } });
    expect(vault.newest("empty")).toBeNull();
  });

  it("is the answer both to a token of another service and to none", async () => {
    const other = await raw(`${vault.url}/secrets/any?api-version=7.5`, {
      headers: bearer("https://management.azure.com"),
    });
    const none = await raw(`${vault.url}/secrets/any?api-version=7.5`);
    expect([other.status, none.status]).toEqual([401, 401]);
    expect(none.headers.get("www-authenticate")).toMatch(
      new RegExp(
        [
          String.raw`^Bearer authorization="https://login\.microsoftonline\.com/[0-9a-f-]{36}",`,
          String.raw`resource="https://vault\.azure\.net"$`,
        ].join(" "),
      ),
    );
  });

  it("returns the client's request id", async () => {
    const headers = { ...authorised, "x-ms-client-request-id": "12345" };
    const answer = await raw(`${vault.url}/secrets/any?api-version=7.5`, { headers });
    expect(answer.headers.get("x-ms-client-request-id")).toBe("12345");
  });
});

describe("versions", () => {
  it("are written with value, tags, content type and expiry in one request, with times in whole seconds", async () => {
    const written = await client.setSecret("whole", "the value", {
      tags: { CredentialId: "Primary" },
      contentType: "text/plain",
      expiresOn: new Date("2027-02-20T10:00:00.500Z"),
    });
    const read = await client.getSecret("whole");
    expect(written.properties.version).toMatch(/^[0-9a-f]{32}$/);
    expect(read).toMatchObject({
      value: "the value",
      properties: {
        version: written.properties.version,
        enabled: true,
        contentType: "text/plain",
        tags: { CredentialId: "Primary" },
        createdOn: new Date("2026-11-22T10:00:00Z"),
        expiresOn: new Date("2027-02-20T10:00:00Z"),
        recoveryLevel: "Recoverable+Purgeable",
      },
    });
    expect(vault.newest("whole")).toMatchObject({ value: "the value", tags: { CredentialId: "Primary" } });
  });

  it("are read without a version as the one written last, whatever its id and age", async () => {
    for (let index = 0; index < 5; index += 1) await client.setSecret("ordered", `value ${index}`);
    vault.seed("ordered", { value: "seeded", createdOn: new Date("2020-01-01T00:00:00Z") });
    const newest = await client.getSecret("ordered");
    const first = vault.versions("ordered")[0];
    expect(newest).toMatchObject({ value: "seeded", properties: { createdOn: new Date("2020-01-01T00:00:00Z") } });
    expect((await client.getSecret("ordered", { version: first?.version ?? "" })).value).toBe("value 0");
  });

  it("are found by name without case", async () => {
    vault.seed("Mixed-Case", { value: "found" });
    expect((await client.getSecret("MIXED-case")).value).toBe("found");
    await client.setSecret("mixed-CASE", "second");
    expect(vault.versions("Mixed-Case").map(({ value }) => value)).toEqual(["found", "second"]);
  });

  it("are listed by id, 25 per page, without values", async () => {
    const written = Array.from({ length: 26 }, (_, index) => vault.seed("listed", { value: `value ${index}` }).version);
    const pages: string[][] = [];
    for await (const page of client.listPropertiesOfSecretVersions("listed").byPage()) {
      pages.push(page.map(({ version }) => version ?? ""));
      expect(JSON.stringify(page)).not.toContain("value ");
    }
    expect(pages.map(({ length }) => length)).toEqual([25, 1]);
    expect(pages.flat()).toEqual(written.toSorted());
  });

  it("have their properties updated without returning the value, with a new time of update", async () => {
    const { version } = vault.seed("updated", { value: "v", tags: { old: "tag" }, createdOn: new Date("2026-01-01") });
    const answer = await raw(`${vault.url}/secrets/updated/${version}?api-version=7.5`, {
      method: "PATCH",
      headers: authorised,
      body: { tags: { new: "tag" } },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty("value");
    expect(vault.newest("updated")).toMatchObject({
      value: "v",
      tags: { new: "tag" },
      createdOn: new Date("2026-01-01"),
      updatedOn: new Date("2026-11-22T10:00:00Z"),
    });
  });

  it("are named in the error if they do not exist", async () => {
    const id = "0".repeat(32);
    vault.seed("found", { value: "x" });
    expect(await failureOf(client.getSecret("nothing-here"))).toMatchObject({
      statusCode: 404,
      code: "SecretNotFound",
      message: expect.stringContaining("A secret with (name/id) nothing-here was not found in this key vault."),
    });
    expect(await failureOf(client.getSecret("found", { version: id }))).toMatchObject({
      message: expect.stringContaining(`(name/id) found/${id} was not found`),
    });
  });
});

describe("limits", () => {
  it.each([
    ["a value of 25 KB", "x".repeat(25_600), {}],
    ["15 tags", "x", { tags: tags(15) }],
    ["a tag of 256 characters", "x", { tags: tags(1, 256) }],
    ["a content type of 255 characters", "x", { contentType: "x".repeat(255) }],
  ])("accepts %s", async (_title, value, options) => {
    await expect(client.setSecret("limits", value, options)).resolves.toBeDefined();
  });

  it.each([
    ["a value over 25 KB", "x".repeat(25_601), {}],
    ["16 tags", "x", { tags: tags(16) }],
    ["a tag of 257 characters", "x", { tags: tags(1, 257) }],
    ["a content type of 256 characters", "x", { contentType: "x".repeat(256) }],
  ])("refuses %s", async (_title, value, options) => {
    expect(await failureOf(client.setSecret("over-limits", value, options))).toMatchObject({
      statusCode: 400,
      code: "BadParameter",
    });
    expect(vault.newest("over-limits")).toBeNull();
  });

  it.each(["under_score", "x".repeat(128), "dot.ted"])("refuses the name %s", async (name) => {
    expect(await failureOf(client.setSecret(name, "x"))).toMatchObject({ statusCode: 400, code: "BadParameter" });
  });

  it("require an api-version", async () => {
    const answer = await raw(`${vault.url}/secrets/any`, { headers: authorised });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "BadParameter" } } });
  });
});

describe("soft delete", () => {
  it("keeps the name until the secret is recovered, which takes a few polls", async () => {
    vault.seed("deleted", { value: "kept" });
    emulators.journal.clear();
    const deletion = await client.beginDeleteSecret("deleted", { intervalInMs: 1 });
    expect((await deletion.pollUntilDone()).recoveryId).toBe(`${vault.url}/deletedsecrets/deleted`);
    expect(emulators.journal.of("vault.getDeletedSecret").map(({ status }) => status)).toEqual([404, 404, 200]);
    expect(await failureOf(client.getSecret("deleted"))).toMatchObject({ statusCode: 404 });
    expect(await failureOf(client.setSecret("deleted", "x"))).toMatchObject({
      statusCode: 409,
      code: "Conflict",
      innerCode: "ObjectIsDeletedButRecoverable",
    });
    expect(vault.newest("deleted")).toBeNull();
    const recovery = await client.beginRecoverDeletedSecret("deleted", { intervalInMs: 1 });
    await recovery.pollUntilDone();
    expect((await client.getSecret("deleted")).value).toBe("kept");
  });

  it("answers a deleted secret's versions with an empty list", async () => {
    vault.seed("deleted-list", { value: "x" });
    vault.delete("deleted-list");
    for await (const { id } of client.listPropertiesOfSecretVersions("deleted-list")) throw new Error(`listed ${id}`);
    vault.recover("deleted-list");
    expect((await client.getSecret("deleted-list")).value).toBe("x");
  });
});

test("refusals denies lists, whose SDK error has neither inner code nor message", async () => {
  vault.seed("guarded", { value: "untouched" });
  vault.deny("readMetadata/action");
  const failure = await failureOf(client.listPropertiesOfSecretVersions("guarded").next());
  vault.allow("readMetadata/action");
  expect(failure).toMatchObject({ statusCode: 403, code: "Forbidden" });
});

test("several vaults have separate secrets", async () => {
  const other = await emulators.addVault("other-vault");
  other.seed("shared-name", { value: "theirs" });
  vault.seed("shared-name", { value: "ours" });
  expect((await secretClient(other).getSecret("shared-name")).value).toBe("theirs");
});
