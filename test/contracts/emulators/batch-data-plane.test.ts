import { createHmac } from "node:crypto";
import { BatchServiceClient, BatchSharedKeyCredentials } from "@azure/batch";
import type { AddedAccount } from "../../emulators/batch-accounts";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import { closeSound, raw, type RawAnswer } from "./clients";

const minute = 60_000;

let emulators: Emulators;
/** Offset of the service's clock from the machine's clock, with which the SDK dates its requests. */
let offsetMs = 0;
/** The instant at which the service's clock is stopped, for limits to the millisecond. */
let frozenAt: Date | null = null;
const serviceNow = (): Date => frozenAt ?? new Date(Date.now() + offsetMs);
const advance = (ms: number): void => {
  frozenAt = new Date(serviceNow().getTime() + ms);
};

beforeAll(async () => {
  emulators = await startEmulators({ now: serviceNow });
});
afterAll(() => closeSound(emulators));

beforeEach(() => {
  offsetMs = 0;
  frozenAt = null;
  emulators.batch.setKeyTiming({ newKeyDelayMs: 0, oldKeyGraceMs: 0 });
});

let counter = 0;
const anAccount = (): AddedAccount => {
  counter += 1;
  return emulators.batch.addAccount({ name: `datatest${counter}` });
};

/** Signs as documented by the service, independently of the emulator's code. */
const signed = (account: string, key: string, date: string): Readonly<Record<string, string>> => {
  const resource = `/${account}/pools\n$select:id\napi-version:2022-10-01.16.0\nmaxresults:1`;
  const text = `GET${"\n".repeat(12)}ocp-date:${date}\n${resource}`;
  const signature = createHmac("sha256", Buffer.from(key, "base64")).update(text, "utf8").digest("base64");
  return { "ocp-date": date, authorization: `SharedKey ${account}:${signature}` };
};

const listPools = ({ accountEndpoint }: AddedAccount, headers: Readonly<Record<string, string>>): Promise<RawAnswer> =>
  raw(`https://${accountEndpoint}/pools?$select=id&api-version=2022-10-01.16.0&maxresults=1`, { headers });

const callWith = (account: AddedAccount, key: string, sentAt = serviceNow()): Promise<RawAnswer> =>
  listPools(account, signed(account.name, key, sentAt.toUTCString()));

describe("shared key", () => {
  it.each(["primary", "secondary"] as const)(
    "accepts the official client's signature with the %s key",
    async (slot) => {
      const account = anAccount();
      const client = new BatchServiceClient(
        new BatchSharedKeyCredentials(account.name, emulators.batch.keys(account.name)[slot]),
        `https://${account.accountEndpoint}`,
        { noRetryPolicy: true },
      );
      expect([...(await client.pool.list({ poolListOptions: { maxResults: 1, select: "id" } }))]).toEqual([]);
      expect(emulators.batch.calls(account.name)).toEqual({ answered: 1, refused: 0 });
    },
  );

  it("refuses the official client with a key of another account", async () => {
    const [account, other] = [anAccount(), anAccount()];
    const client = new BatchServiceClient(
      new BatchSharedKeyCredentials(account.name, emulators.batch.keys(other.name).primary),
      `https://${account.accountEndpoint}`,
      { noRetryPolicy: true },
    );
    await expect(client.pool.list()).rejects.toMatchObject({
      statusCode: 403,
      code: "AuthenticationFailed",
      body: {
        values: [{ key: "AuthenticationErrorDetail", value: expect.stringContaining("The MAC signature found in") }],
      },
    });
    expect(emulators.batch.calls(account.name)).toEqual({ answered: 0, refused: 1 });
  });

  it("accepts a request that the test signs over its ocp-date header", async () => {
    const account = anAccount();
    const { primary } = emulators.batch.keys(account.name);
    const answer = await listPools(account, signed(account.name, primary, serviceNow().toUTCString()));
    expect(answer).toMatchObject({ status: 200, body: { value: [] } });
    expect(answer.body["odata.metadata"]).toBe(`https://${emulators.dataPlaneHost}/$metadata#pools`);
  });

  it("refuses a signature for a different query", async () => {
    const account = anAccount();
    const headers = signed(account.name, emulators.batch.keys(account.name).primary, serviceNow().toUTCString());
    const answer = await raw(`https://${account.accountEndpoint}/pools?api-version=2022-10-01.16.0`, { headers });
    expect(answer.status).toBe(403);
  });

  it.each([
    ["ahead", -1],
    ["behind", 1],
  ])("refuses a request whose clock is more than 15 minutes %s", async (_title, sign) => {
    const account = anAccount();
    const { primary } = emulators.batch.keys(account.name);
    const send = (awayMs: number) => callWith(account, primary, new Date(serviceNow().getTime() - sign * awayMs));
    frozenAt = new Date("2026-11-22T10:00:00.000Z");
    expect((await send(15 * minute)).status).toBe(200);
    expect((await send(15 * minute + 1_000)).status).toBe(403);
  });

  it("uses ocp-date if both dates are sent, with an empty Date in the signed text", async () => {
    const account = anAccount();
    const { primary } = emulators.batch.keys(account.name);
    const headers = signed(account.name, primary, serviceNow().toUTCString());
    expect((await listPools(account, { ...headers, date: new Date(0).toUTCString() })).status).toBe(200);
  });

  it("compares the date with the emulator's clock", async () => {
    const account = anAccount();
    offsetMs = 90 * 24 * 60 * minute;
    const { primary } = emulators.batch.keys(account.name);
    expect((await callWith(account, primary)).status).toBe(200);
    expect((await callWith(account, primary, new Date())).status).toBe(403);
  });

  it("refuses shared keys if the account does not allow them", async () => {
    const account = anAccount();
    const { primary } = emulators.batch.keys(account.name);
    emulators.batch.setModes(account.name, ["AAD"]);
    expect(emulators.batch.accepts(account.name, primary)).toBe(false);
    expect((await callWith(account, primary)).body).toMatchObject({
      code: "AuthenticationFailed",
      values: [
        {
          key: "AuthenticationErrorDetail",
          value: "The specified type of authentication SharedKey is not allowed for this account.",
        },
      ],
    });
  });

  it("refuses an unknown account", async () => {
    const account = anAccount();
    const { primary } = emulators.batch.keys(account.name);
    const answer = await listPools(account, signed("nosuchaccount", primary, serviceNow().toUTCString()));
    expect(answer.status).toBe(403);
  });
});

describe("regenerated keys", () => {
  it("refuses the old key and accepts the new one at once by default", async () => {
    const account = anAccount();
    const { primary: old, secondary } = emulators.batch.keys(account.name);
    const fresh = emulators.batch.regenerateManually(account.name, "primary");
    expect((await callWith(account, old)).status).toBe(403);
    expect((await callWith(account, fresh)).status).toBe(200);
    expect((await callWith(account, secondary)).status).toBe(200);
    expect(emulators.batch.accepts(account.name, old)).toBe(false);
  });

  it("refuses a new key until its delay is over", async () => {
    const account = anAccount();
    emulators.batch.setKeyTiming({ newKeyDelayMs: 5 * minute });
    advance(0);
    const fresh = emulators.batch.regenerateManually(account.name, "secondary");
    advance(5 * minute - 1);
    expect((await callWith(account, fresh)).status).toBe(403);
    advance(1);
    expect((await callWith(account, fresh)).status).toBe(200);
  });

  it("accepts an old key until its grace is over", async () => {
    const account = anAccount();
    emulators.batch.setKeyTiming({ oldKeyGraceMs: 5 * minute });
    const { primary: old } = emulators.batch.keys(account.name);
    advance(0);
    emulators.batch.regenerateManually(account.name, "primary");
    advance(5 * minute - 1);
    expect((await callWith(account, old)).status).toBe(200);
    advance(1);
    expect((await callWith(account, old)).status).toBe(403);
  });
});
