import type { AddedAccount } from "../../emulators/batch-accounts";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import { type Fault, type FaultKind, Faults } from "../../emulators/faults";
import type { Vault } from "../../emulators/vault";
import { armClient, bearer, closeSound, type Failure, failureOf, raw, useIdentityOf } from "./clients";

let emulators: Emulators;
let vault: Vault;

beforeAll(async () => {
  emulators = await startEmulators();
  useIdentityOf(emulators);
  vault = await emulators.addVault("faulty");
});
afterAll(() => closeSound(emulators));

beforeEach(() => {
  emulators.faults.clear();
  emulators.journal.clear();
});

let counter = 0;
const anAccount = (): AddedAccount => {
  counter += 1;
  return emulators.batch.addAccount({ name: `faulty${counter}` });
};

const regenerate = (
  { resourceGroup, name }: AddedAccount,
  { maxRetries, signal }: { maxRetries?: number; signal?: AbortSignal } = {},
) => {
  const { batchAccountOperations } = armClient(emulators, maxRetries);
  const options = signal === undefined ? {} : { abortSignal: signal };
  return batchAccountOperations.regenerateKey(resourceGroup, name, { keyName: "Primary" }, options);
};

const refused = (status: number, code: string, more: { readonly retryAfter?: number; readonly code?: string } = {}) =>
  [
    { kind: "status", status, ...more },
    { statusCode: status, code },
  ] as const;

/** The SDK's error for each kind, without retries. The figures of the fault matrix depend on this table. */
const kinds: readonly (readonly [FaultKind, Partial<Failure>])[] = [
  refused(500, "InternalServerError"),
  refused(503, "ServiceUnavailable", { retryAfter: 1 }),
  refused(429, "TooManyRequests"),
  refused(404, "NotFound"),
  refused(409, "ScopeLocked", { code: "ScopeLocked" }),
  [{ kind: "status", status: 408 }, { statusCode: 408 }],
  [{ kind: "status", status: 502, body: { not: "an error body" } }, { statusCode: 502 }],
  [{ kind: "resetBeforeAnswer" }, { code: "ECONNRESET" }],
  [{ kind: "resetInMiddle" }, { code: "PARSE_ERROR" }],
  [{ kind: "truncatedJson" }, { name: "RestError", code: "PARSE_ERROR", statusCode: 200 }],
  [{ kind: "unexpected202" }, { name: "RestError", statusCode: 202 }],
];

describe.each(["before", "after"] as const)("%s the effect", (when) => {
  it.each(kinds)("regenerateKeys fails with %j", async (kind, expected) => {
    const account = anAccount();
    const before = emulators.batch.keys(account.name);
    const fault = emulators.faults.add({ route: "arm.regenerateKeys", when, ...kind });
    const failure = await failureOf(regenerate(account));
    expect(failure).toMatchObject(expected);
    expect(fault.fired()).toBe(1);
    expect(emulators.batch.keys(account.name).primary === before.primary).toBe(when === "before");
    expect(emulators.batch.keys(account.name).secondary).toBe(before.secondary);
    expect(emulators.journal.of("arm.regenerateKeys")).toMatchObject([
      { fault: kind.kind, effect: when === "after" ? "applied" : "none", subject: account.name },
    ]);
  });

  it("sends no answer until the caller aborts", async () => {
    const account = anAccount();
    const { primary } = emulators.batch.keys(account.name);
    emulators.faults.add({ route: "arm.regenerateKeys", when, kind: "hang" });
    const failure = await failureOf(regenerate(account, { signal: emulators.journal.abortsAt("arm.regenerateKeys") }));
    expect(failure.name).toBe("AbortError");
    expect(emulators.journal.of("arm.regenerateKeys")).toMatchObject([{ status: null, fault: "hang" }]);
    expect(emulators.batch.keys(account.name).primary === primary).toBe(when === "before");
  });

  it("delays the correct answer", async () => {
    const account = anAccount();
    const { primary } = emulators.batch.keys(account.name);
    emulators.faults.add({ route: "arm.regenerateKeys", when, kind: "delay", ms: 60 });
    const startedAt = performance.now();
    const answering = regenerate(account);
    const { primary: answered } = await answering;
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(55);
    expect(answered).toBe(emulators.batch.keys(account.name).primary);
    expect(answered).not.toBe(primary);
  });
});

test("the SDK after a lost answer regenerates twice and reports one success with its default retries", async () => {
  const account = anAccount();
  const { primary } = emulators.batch.keys(account.name);
  const issued = emulators.batch.issuedKeys().length;
  emulators.faults.add({ route: "arm.regenerateKeys", when: "after", kind: "status", status: 500, nth: 1 });
  await regenerate(account, { maxRetries: 3 });
  const sent = emulators.journal.of("arm.regenerateKeys");
  expect(sent.map(({ status }) => status)).toEqual([500, 200]);
  expect(new Set(sent.map(({ clientRequestId }) => clientRequestId)).size).toBe(1);
  expect(emulators.batch.issuedKeys().length).toBe(issued + 2);
  expect(emulators.batch.keys(account.name).primary).not.toBe(primary);
});

describe("a late effect", () => {
  it("is applied after the failed answer when the test triggers it", async () => {
    const account = anAccount();
    const { primary } = emulators.batch.keys(account.name);
    emulators.faults.add({ route: "arm.regenerateKeys", when: "before", kind: "resetBeforeAnswer", late: 60_000 });
    await failureOf(regenerate(account));
    const inBetween = emulators.batch.keys(account.name).primary;
    expect(emulators.faults.pendingLate).toBe(1);
    await emulators.faults.applyLate();
    expect(inBetween).toBe(primary);
    expect(emulators.batch.keys(account.name).primary).not.toBe(primary);
    expect(emulators.faults.pendingLate).toBe(0);
  });

  it("is applied at its time, and listeners are notified", async () => {
    const account = anAccount();
    const { primary } = emulators.batch.keys(account.name);
    const applied = new Promise((resolve) => {
      const off = emulators.journal.onLateEffect((entry) => {
        off();
        resolve(entry);
      });
    });
    emulators.faults.add({ route: "arm.regenerateKeys", when: "before", kind: "status", status: 504, late: 20 });
    await failureOf(regenerate(account));
    expect(await applied).toMatchObject({ route: "arm.regenerateKeys", status: 504, effect: "late" });
    expect(emulators.batch.keys(account.name).primary).not.toBe(primary);
  });
});

describe("other routes", () => {
  it("fail either the challenge or the request after it", async () => {
    emulators.faults.add({ route: "vault.challenge", when: "before", kind: "status", status: 503 });
    const first = await raw(`${vault.url}/secrets/any?api-version=7.5`);
    emulators.faults.clear();
    emulators.faults.add({ route: "vault.getSecret", when: "before", kind: "status", status: 503 });
    const challenged = await raw(`${vault.url}/secrets/any?api-version=7.5`);
    const authorised = await raw(`${vault.url}/secrets/any?api-version=7.5`, {
      headers: bearer("https://vault.azure.net"),
    });
    expect([first.status, challenged.status, authorised.status]).toEqual([503, 401, 503]);
  });

  it("fail tokens and signed calls in the form of their service", async () => {
    emulators.faults.add({ route: "identity.*", when: "before", kind: "status", status: 500 });
    emulators.faults.add({ route: "batch.listPools", when: "before", kind: "status", status: 503, code: "ServerBusy" });
    const token = await raw(`${emulators.identity.endpoint}?api-version=2019-08-01&resource=r`);
    const pools = await raw(`https://${emulators.dataPlaneHost}/pools?api-version=2022-10-01.16.0`);
    expect(token).toMatchObject({ status: 500, body: { error: "InternalServerError" } });
    expect(pools).toMatchObject({ status: 503, body: { code: "ServerBusy", message: { lang: "en-US" } } });
  });
});

/** The numbers of the first requests that a fault affects. */
const hits = (aim: Pick<Fault, "nth" | "every" | "times">, requests = 6): readonly number[] => {
  const faults = new Faults();
  faults.add({ route: "arm.listKeys", when: "before", kind: "hang", ...aim });
  return Array.from({ length: requests }, (_, index) => index + 1).filter(
    () => faults.next("arm.listKeys", null) !== null,
  );
};

describe("the fault registry", () => {
  it.each([
    [{}, [1, 2, 3, 4, 5, 6]],
    [{ times: 2 }, [1, 2]],
    [{ nth: 3 }, [3]],
    [{ nth: 3, times: 2 }, [3, 4]],
    [{ every: 2 }, [1, 3, 5]],
    [{ nth: 2, every: 2 }, [2, 4, 6]],
    [{ nth: 2, every: 2, times: 2 }, [2, 4]],
  ])("with %j affects requests %j", (aim, expected) => {
    expect(hits(aim)).toEqual(expected);
  });

  it("affects only the route and subject of a fault, compared without case", () => {
    const faults = new Faults();
    const fault = faults.add({ route: "vault.getSecret", subject: "Mine", when: "before", kind: "hang" });
    expect(faults.next("vault.getSecret", "theirs")).toBeNull();
    expect(faults.next("vault.setSecret", "mine")).toBeNull();
    expect(faults.next("vault.getSecret", "MINE")).not.toBeNull();
    expect([fault.fired(), faults.fired]).toEqual([1, 1]);
  });

  it("applies one fault per request, the one added first", () => {
    const faults = new Faults();
    const [first, second] = [
      faults.add({ route: "arm.*", when: "before", kind: "hang", times: 1 }),
      faults.add({ route: "arm.getAccount", when: "after", kind: "hang" }),
    ];
    const struck = [faults.next("arm.getAccount", null)?.when, faults.next("arm.getAccount", null)?.when];
    second.remove();
    expect(struck).toEqual(["before", "after"]);
    expect([first.fired(), second.fired(), faults.next("arm.getAccount", null)]).toEqual([1, 1, null]);
  });
});
