import type { AddedAccount } from "../../emulators/batch-accounts";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import { issueToken } from "../../emulators/tokens";
import { VirtualClock } from "../../fakes/world/virtual-clock";
import { armAudience, armClient, bearer, closeSound, failureOf, raw, useIdentityOf } from "./clients";

const version = "api-version=2023-11-01";

const clock = new VirtualClock();
let emulators: Emulators;

beforeAll(async () => {
  emulators = await startEmulators({ now: () => clock.now() });
  useIdentityOf(emulators);
});
afterAll(() => closeSound(emulators));

let counter = 0;
const anAccount = (options: { readonly subscriptionId?: string } = {}): AddedAccount => {
  counter += 1;
  return emulators.batch.addAccount({ name: `armtest${counter}`, resourceGroup: "rg-arm", ...options });
};

const accounts = () => armClient(emulators).batchAccountOperations;
const urlOf = ({ resourceId }: AddedAccount, action = ""): string =>
  `${emulators.armUrl}${resourceId}${action}?${version}`;

describe("reading accounts", () => {
  it("returns an account with an endpoint without scheme, and all three modes", async () => {
    const account = anAccount();
    const read = await accounts().get("rg-arm", account.name);
    expect(read).toMatchObject({
      id: account.resourceId,
      accountEndpoint: emulators.dataPlaneHost,
      poolAllocationMode: "BatchService",
      allowedAuthenticationModes: ["SharedKey", "AAD", "TaskAuthenticationToken"],
    });
    expect(emulators.dataPlaneHost).toMatch(/^localhost:\d+$/);
  });

  it("matches path segments without case, and answers with the stored spelling", async () => {
    const account = anAccount();
    const answer = await raw(urlOf({ ...account, resourceId: account.resourceId.toUpperCase() }), {
      headers: bearer(armAudience),
    });
    expect(answer.body["id"]).toBe(account.resourceId);
  });

  it("distinguishes a missing account, group and subscription", async () => {
    anAccount();
    const unknownSubscription = "99999999-0000-4000-8000-000000000000";
    const stranger = armClient({ ...emulators, subscriptionId: unknownSubscription });
    expect(await failureOf(accounts().get("rg-arm", "nosuchaccount"))).toMatchObject({
      statusCode: 404,
      code: "ResourceNotFound",
      message: expect.stringContaining("'Microsoft.Batch/batchAccounts/nosuchaccount' under resource group 'rg-arm'"),
    });
    expect(await failureOf(accounts().get("rg-none", "nosuchaccount"))).toMatchObject({
      code: "ResourceGroupNotFound",
    });
    expect(await failureOf(stranger.batchAccountOperations.get("rg", "any"))).toMatchObject({
      code: "SubscriptionNotFound",
    });
  });
});

describe("keys", () => {
  it("lists both keys: 64 random bytes in base64", async () => {
    const account = anAccount();
    const keys = await accounts().getKeys("rg-arm", account.name);
    expect(keys).toMatchObject({ accountName: account.name, ...emulators.batch.keys(account.name) });
    expect(keys.primary).toMatch(/^[A-Za-z0-9+/]{86}==$/);
    expect(keys.secondary).not.toBe(keys.primary);
  });

  it.each([
    ["Primary", "primary", "secondary"],
    ["Secondary", "secondary", "primary"],
  ] as const)("regenerates %s only, and returns both", async (keyName, changed, kept) => {
    const account = anAccount();
    const before = emulators.batch.keys(account.name);
    const answer = await accounts().regenerateKey("rg-arm", account.name, { keyName });
    const after = emulators.batch.keys(account.name);
    expect(after[changed]).not.toBe(before[changed]);
    expect(after[kept]).toBe(before[kept]);
    expect(answer).toMatchObject({ primary: after.primary, secondary: after.secondary });
    expect(emulators.batch.issuedKeys()).toEqual(expect.arrayContaining([...Object.values(before), after[changed]]));
  });

  it("refuses another key name", async () => {
    const account = anAccount();
    const before = emulators.batch.keys(account.name);
    const answer = await raw(urlOf(account, "/regenerateKeys"), {
      method: "POST",
      headers: bearer(armAudience),
      body: { keyName: "primary" },
    });
    expect(answer.status).toBe(400);
    expect(emulators.batch.keys(account.name)).toEqual(before);
  });

  it.each(["AAD only", "UserSubscription"])("refuses both key operations on an account with %s", async (kind) => {
    const account = anAccount();
    const before = emulators.batch.keys(account.name);
    if (kind === "AAD only") emulators.batch.setModes(account.name, ["AAD"]);
    else emulators.batch.setPoolAllocationMode(account.name, "UserSubscription");
    expect(await failureOf(accounts().getKeys("rg-arm", account.name))).toMatchObject({ statusCode: 409 });
    expect(await failureOf(accounts().regenerateKey("rg-arm", account.name, { keyName: "Primary" }))).toMatchObject({
      statusCode: 409,
    });
    expect(emulators.batch.keys(account.name)).toEqual(before);
  });
});

describe("refusals", () => {
  it.each([
    ["without a token", {}, "AuthenticationFailed"],
    ["with a token for another service", bearer("https://vault.azure.net"), "InvalidAuthenticationToken"],
    ["with text that is not a token", { authorization: "Bearer abc" }, "InvalidAuthenticationToken"],
    [
      "with an expired token",
      { authorization: `Bearer ${issueToken({ resource: armAudience, lifetimeSeconds: -1 }).token}` },
      "InvalidAuthenticationToken",
    ],
  ])("answers 401 %s", async (_title, headers, code) => {
    const answer = await raw(urlOf(anAccount()), { headers });
    expect(answer).toMatchObject({ status: 401, body: { error: { code } } });
    expect(answer.headers.get("www-authenticate")).toContain("authorization_uri=");
  });

  it.each([
    ["", "MissingApiVersionParameter"],
    ["?api-version=latest", "InvalidApiVersionParameter"],
  ])("answers 400 for the query '%s'", async (query, code) => {
    const { resourceId } = anAccount();
    const answer = await raw(`${emulators.armUrl}${resourceId}${query}`, { headers: bearer(armAudience) });
    expect(answer).toMatchObject({ status: 400, body: { error: { code } } });
  });

  it("blocks no key operation by a lock against deletion", async () => {
    const account = anAccount();
    emulators.batch.lock(account.name, "CanNotDelete");
    await expect(accounts().getKeys("rg-arm", account.name)).resolves.toBeDefined();
  });

  it.each([
    ["reads", "GET", "", 250, 40, "0000000000a1"],
    ["writes", "POST", "/listKeys", 200, 100, "0000000000a2"],
    ["writes", "POST", "/regenerateKeys", 200, 100, "0000000000a3"],
  ])("answers 429 after too many %s of a subscription by %s %s, until the next token", async (...row) => {
    const [kind, method, action, capacity, msPerToken, subscription] = row;
    const account = anAccount({ subscriptionId: `00000000-0000-4000-8000-${subscription}` });
    const body = { keyName: "Primary" };
    const ask = (of: AddedAccount) =>
      raw(urlOf(of, action), { method, headers: bearer(armAudience), ...(action === "/regenerateKeys" && { body }) });
    emulators.batch.limitRequests(true);
    const first = await ask(account);
    await Promise.all(Array.from({ length: capacity - 1 }, () => ask(account)));
    const keys = emulators.batch.keys(account.name);
    const refused = await ask(account);
    const elsewhere = await ask(anAccount());
    clock.advance(msPerToken - 1);
    const tooSoon = await ask(account);
    const unchanged = emulators.batch.keys(account.name);
    clock.advance(1);
    const refilled = await ask(account);
    emulators.batch.limitRequests(false);
    expect(first.headers.get(`x-ms-ratelimit-remaining-subscription-${kind}`)).toBe(`${capacity - 1}`);
    expect(refused).toMatchObject({ status: 429, body: { error: { code: "SubscriptionRequestsThrottled" } } });
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(unchanged).toEqual(keys);
    expect([elsewhere, tooSoon, refilled].map(({ status }) => status)).toEqual([200, 429, 200]);
  });
});
