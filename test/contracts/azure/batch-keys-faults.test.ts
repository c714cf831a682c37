import { BatchManagementClient } from "@azure/arm-batch";
import { AzureBatchKeys } from "../../../lib/azure/batch/batch-keys";
import { BatchKey } from "../../../lib/batch-key";
import { systemClock } from "../../../lib/system";
import type { BatchAccountRef } from "../../../lib/rotation/account-config";
import type { FaultKind } from "../../emulators/faults";
import { type EmulatedWorld, openEmulatedWorld } from "./emulated-world";
import { leaked, thrownBy } from "./leaks";

const call = { signal: new AbortController().signal, lastLook: async () => undefined };
const when = ["before", "after"] as const;

let world: EmulatedWorld;

beforeAll(async () => {
  world = await openEmulatedWorld();
});
afterEach(() => world.emulators.faults.clear());
afterAll(() => world.close());

const posts = (): number => world.emulators.journal.count("arm.regenerateKeys");

const regenerateUnder = async (ref: BatchAccountRef, fault: FaultKind, at: "before" | "after") => {
  world.emulators.journal.clear();
  world.emulators.faults.add({ route: "arm.regenerateKeys", when: at, ...fault });
  return thrownBy(() => world.batch.regenerate(ref, "secondary", call));
};

const losses: readonly FaultKind[] = [
  ...[408, 500, 502, 503, 504].map((status) => ({ kind: "status", status }) as const),
  { kind: "status", status: 503, retryAfter: 1 },
  { kind: "status", status: 302 },
  { kind: "status", status: 418 },
  { kind: "status", status: 200, body: { accountName: "account1" } },
  { kind: "status", status: 200, body: { accountName: "account1", primary: "not a key", secondary: "" } },
  { kind: "status", status: 200, body: [] },
  { kind: "unexpected202" },
  { kind: "truncatedJson" },
  { kind: "resetBeforeAnswer" },
  { kind: "resetInMiddle" },
];

const refusals: readonly FaultKind[] = [
  ...[400, 401, 409, 412, 429].map((status) => ({ kind: "status", status }) as const),
  { kind: "status", status: 429, retryAfter: 1 },
];

describe("regenerating", () => {
  it.each(when.flatMap((at) => losses.map((fault) => [fault, at] as const)))(
    "is sent once and has an unknown outcome after %j, %s the effect",
    async (fault, at) => {
      const ref = world.addAccount();
      const before = world.emulators.batch.keys(ref.accountName);
      const error = await regenerateUnder(ref, fault, at);
      expect(error.name).toBe("OutcomeUnknownError");
      expect(posts()).toBe(1);
      const after = world.emulators.batch.keys(ref.accountName);
      expect(after.primary).toBe(before.primary);
      expect(after.secondary === before.secondary).toBe(at === "before");
      expect(leaked(error, world.emulators.batch.issuedKeys())).toEqual([]);
    },
  );

  it.each(refusals)("is sent once and certainly not done after %j", async (fault) => {
    const error = await regenerateUnder(world.addAccount(), fault, "before");
    expect(error.name).toBe("TransientServiceError");
    expect(posts()).toBe(1);
    expect(leaked(error, world.emulators.batch.issuedKeys())).toEqual([]);
  });

  it("looks for the last time when it has token and allowance, and then sends at once", async () => {
    const ref = world.addAccount();
    const batch = world.newBatch();
    const token = jest.spyOn(world.credential, "getToken");
    const queue = Array.from({ length: 205 }, () => batch.readKeys(ref, call));
    world.emulators.journal.clear();
    const seen: unknown[] = [];
    const lastLook = async (): Promise<void> => {
      seen.push(token.mock.calls.length > 0, posts());
    };
    await Promise.all([...queue, batch.regenerate(ref, "primary", { ...call, lastLook })]);
    token.mockRestore();
    expect(seen).toEqual([true, 0]);
    expect(posts()).toBe(1);
  });

  it("has an unknown outcome when no answer arrives in time", async () => {
    const ref = world.addAccount();
    world.emulators.journal.clear();
    world.emulators.faults.add({ route: "arm.regenerateKeys", when: "after", kind: "hang" });
    const signal = world.emulators.journal.abortsAt("arm.regenerateKeys");
    const error = await thrownBy(() => world.batch.regenerate(ref, "primary", { ...call, signal }));
    expect(error).toMatchObject({ name: "OutcomeUnknownError", facts: { code: "AbortError" } });
    expect(posts()).toBe(1);
  });

  it("has an unknown outcome when the answer is of another account", async () => {
    const [ref, other] = [world.addAccount(), world.addAccount()];
    const body = { accountName: other.accountName, ...world.emulators.batch.keys(other.accountName) };
    const error = await regenerateUnder(ref, { kind: "status", status: 200, body }, "after");
    expect(error).toMatchObject({ name: "OutcomeUnknownError", facts: { code: "MalformedAnswer" } });
  });

  it.each([
    ["RequestDisallowedByPolicy", "PolicyRefused"],
    ["AuthorizationFailed", "Forbidden"],
  ])("needs an operator after a 403 %s", async (code, reason) => {
    const error = await regenerateUnder(world.addAccount(), { kind: "status", status: 403, code }, "before");
    expect(error).toMatchObject({ name: "OperatorNeededError", reason });
  });

  it("is certainly not done when Resource Manager cannot be reached", async () => {
    const batch = new AzureBatchKeys({
      credential: { getToken: () => Promise.resolve({ token: "t", expiresOnTimestamp: Date.now() + 3_600_000 }) },
      armEndpoint: "https://localhost:1",
      armScope: "https://management.azure.com/.default",
      clock: systemClock,
    });
    const error = await thrownBy(() => batch.regenerate(world.addAccount(), "primary", call));
    expect(error).toMatchObject({ name: "TransientServiceError", facts: { code: "ECONNREFUSED" } });
  });

  it("is certainly not done when the rate limit does not grant it in time", async () => {
    const batch = world.newBatch();
    const ref = world.addAccount();
    await batch.readKeys(ref, call);
    world.emulators.journal.clear();
    const end = new AbortController();
    // Twice the bucket: on a slow machine too, the rate limit has not paid for all of them when the next one comes.
    const queue = Array.from({ length: 400 }, () => batch.readKeys(ref, end));
    const error = await thrownBy(() => batch.regenerate(ref, "primary", { ...call, signal: AbortSignal.timeout(50) }));
    end.abort();
    expect(error).toMatchObject({ name: "TransientServiceError", facts: { code: "RateLimited" } });
    await Promise.allSettled(queue);
    expect(posts()).toBe(0);
  });
});

test("the search for leaks finds both keys in the SDK's own errors", async () => {
  const ref = world.addAccount();
  const { accountName } = ref;
  const sdk = new BatchManagementClient(world.credential, ref.subscriptionId, {
    endpoint: world.emulators.armUrl,
    credentialScopes: ["https://management.azure.com/.default"],
  });
  world.emulators.faults.add({ route: "arm.listKeys", when: "after", kind: "unexpected202" });
  const error = await thrownBy(() => sdk.batchAccountOperations.getKeys(ref.resourceGroup, accountName));
  expect(leaked(error, Object.values(world.emulators.batch.keys(accountName)))).toHaveLength(2);
});

describe("reading keys", () => {
  it.each([
    { kind: "truncatedJson" },
    { kind: "unexpected202" },
    { kind: "resetBeforeAnswer" },
    { kind: "resetInMiddle" },
    { kind: "status", status: 500 },
  ] as const)("is transient and shows no key after %j", async (fault) => {
    const ref = world.addAccount();
    world.emulators.faults.add({ route: "arm.listKeys", when: "after", ...fault });
    const error = await thrownBy(() => world.batch.readKeys(ref, call));
    expect(error.name).toBe("TransientServiceError");
    expect(leaked(error, world.emulators.batch.issuedKeys())).toEqual([]);
  });

  it("is retried after a temporary failure", async () => {
    const ref = world.addAccount();
    world.emulators.faults.add({ route: "arm.listKeys", when: "before", kind: "status", status: 503, nth: 1 });
    const keys = await world.batch.readKeys(ref, call);
    expect(keys.primary.reveal()).toBe(world.emulators.batch.keys(ref.accountName).primary);
  });

  it("passes a long Retry-After to its caller at once", async () => {
    const fault = { kind: "status", status: 429, retryAfter: 3600 } as const;
    world.emulators.faults.add({ route: "arm.listKeys", when: "before", ...fault });
    world.emulators.journal.clear();
    const error = await thrownBy(() => world.batch.readKeys(world.addAccount(), call));
    expect(error).toMatchObject({ name: "TransientServiceError", retryAfterMs: 3_600_000 });
    expect(world.emulators.journal.count("arm.listKeys")).toBe(1);
  });

  it.each([
    { accountName: "a", primary: "", secondary: "" },
    { accountName: "a", primary: null, secondary: "c2Vjb25k" },
    { accountName: "a", secondary: "c2Vjb25k" },
    { accountName: "a", primary: "no base64!", secondary: "c2Vjb25k" },
  ])("needs an operator when a key is unusable (%j)", async (body) => {
    world.emulators.faults.add({ route: "arm.listKeys", when: "before", kind: "status", status: 200, body });
    const error = await thrownBy(() => world.batch.readKeys(world.addAccount(), call));
    expect(error).toMatchObject({ name: "OperatorNeededError", reason: "NoUsableKey" });
    expect(leaked(error, ["no base64!.."])).toEqual([]);
  });
});

const primaryOf = ({ accountName }: BatchAccountRef) => new BatchKey(world.emulators.batch.keys(accountName).primary);
const probe = (ref: BatchAccountRef) => world.batch.probe(ref, world.emulators.dataPlaneHost, primaryOf(ref), call);
const detail = (value: string) => ({
  code: "AuthenticationFailed",
  values: [{ key: "AuthenticationErrorDetail", value }],
});

const notAllowed =
  "The specified type of authentication SharedKey is not allowed when external resources of type Compute are linked.";

describe("probing a key", () => {
  it.each([
    [
      { kind: "status", status: 503, retryAfter: 7 },
      { name: "TransientServiceError", retryAfterMs: 7000 },
    ],
    [{ kind: "status", status: 302 }, { name: "TransientServiceError" }],
    [{ kind: "resetBeforeAnswer" }, { name: "TransientServiceError" }],
    [
      { kind: "status", status: 404 },
      { name: "OperatorNeededError", reason: "NotFound" },
    ],
    [
      { kind: "status", status: 401 },
      { name: "OperatorNeededError", reason: "Forbidden" },
    ],
    [{ kind: "status", status: 403, body: { code: "PublicNetworkAccessDenied" } }, { reason: "Forbidden" }],
    [{ kind: "status", status: 403, body: detail("The Date header is too old.") }, { reason: "Forbidden" }],
    [{ kind: "status", status: 403, body: detail(notAllowed) }, { reason: "SharedKeyNotAllowed" }],
    [{ kind: "status", status: 403, body: "MAC signature ".repeat(20_000) }, { reason: "Forbidden" }],
  ] as const)("gives no verdict on the key after %j", async (fault, expected) => {
    const ref = world.addAccount();
    world.emulators.faults.add({ route: "batch.listPools", when: "before", ...fault });
    const error = await thrownBy(() => probe(ref));
    expect(error).toMatchObject(expected);
    expect(leaked(error, world.emulators.batch.issuedKeys())).toEqual([]);
  });

  it("is aborted by its caller's signal", async () => {
    const ref = world.addAccount();
    world.emulators.faults.add({ route: "batch.listPools", when: "before", kind: "hang" });
    const options = { signal: world.emulators.journal.abortsAt("batch.listPools") };
    const probing = () => world.batch.probe(ref, world.emulators.dataPlaneHost, primaryOf(ref), options);
    const error = await thrownBy(probing);
    expect(error.name).toBe("TransientServiceError");
  });

  it.each(["localhost:1", "not a host"])("is transient when the host cannot be reached (%s)", async (host) => {
    const ref = world.addAccount();
    const error = await thrownBy(() => world.batch.probe(ref, host, new BatchKey("a2V5"), call));
    expect(error.name).toBe("TransientServiceError");
  });
});
