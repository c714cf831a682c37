import { BatchKey } from "../../../lib/batch-key";
import type { SecretRef } from "../../../lib/rotation/account-config";
import type { FaultKind } from "../../emulators/faults";
import type { Vault } from "../../emulators/vault";
import { aPublication } from "../suites/secret-publisher-suite";
import { type EmulatedWorld, openEmulatedWorld } from "./emulated-world";
import { leaked, thrownBy } from "./leaks";

const call = { signal: new AbortController().signal };
const value = Buffer.from(Array.from({ length: 64 }, (_, index) => (index * 7 + 3) % 256)).toString("base64");
const publication = aPublication({ key: new BatchKey(value) });

let world: EmulatedWorld;
let vault: Vault;
let secrets = 0;
const newSecret = (): SecretRef => ({ vaultUrl: vault.url, name: `secret-${(secrets += 1)}` });

beforeAll(async () => {
  world = await openEmulatedWorld();
  vault = await world.emulators.addVault("faults");
});
beforeEach(() => world.emulators.journal.clear());
afterEach(() => world.emulators.faults.clear());
afterAll(() => world.close());

const losses: readonly FaultKind[] = [
  ...[408, 500, 502, 503, 504].map((status) => ({ kind: "status", status }) as const),
  { kind: "status", status: 503, retryAfter: 1 },
  { kind: "status", status: 200, body: {} },
  { kind: "status", status: 200, body: { id: "https://x.vault.azure.net/secrets/a", value } },
  { kind: "unexpected202" },
  { kind: "truncatedJson" },
  { kind: "resetBeforeAnswer" },
  { kind: "resetInMiddle" },
];

describe("a vault that refuses the rotator", () => {
  it.each([
    ["ForbiddenByConnection", /admits private endpoints only/],
    ["ForbiddenByFirewall", /network rules refuse the rotator/],
    ["ForbiddenByRbac", /^grant the rotator's identity/],
  ])("by %s names that cause's own remedy", async (code, remedy) => {
    const body = { error: { code: "Forbidden", message: "no", innererror: { code } } };
    world.emulators.faults.add({ route: "vault.*", when: "before", kind: "status", status: 403, body });
    const error = await thrownBy(() => world.newSecrets().newest(newSecret(), call));
    expect(error).toMatchObject({ name: "OperatorNeededError", reason: "Forbidden", facts: { code } });
    expect(error).toMatchObject({ remedy: expect.stringMatching(remedy) });
  });
});

describe("publishing", () => {
  it.each((["before", "after"] as const).flatMap((at) => losses.map((fault) => [fault, at] as const)))(
    "is sent once and has an unknown outcome after %j, %s the effect",
    async (fault, at) => {
      const ref = newSecret();
      world.emulators.faults.add({ route: "vault.setSecret", when: at, ...fault });
      const error = await thrownBy(() => world.newSecrets().publish(ref, publication, call));
      expect(error.name).toBe("OutcomeUnknownError");
      expect(world.emulators.journal.count("vault.setSecret")).toBe(1);
      expect(vault.versions(ref.name)).toHaveLength(at === "after" ? 1 : 0);
      expect(leaked(error, [value])).toEqual([]);
    },
  );

  it.each([
    { kind: "status", status: 400 },
    { kind: "status", status: 429, retryAfter: 2 },
    { kind: "status", status: 409 },
  ] as const)("is sent once and certainly not done after %j", async (fault) => {
    world.emulators.faults.add({ route: "vault.setSecret", when: "before", ...fault });
    const error = await thrownBy(() => world.newSecrets().publish(newSecret(), publication, call));
    expect(error.name).toBe("TransientServiceError");
    expect(world.emulators.journal.count("vault.setSecret")).toBe(1);
    expect(leaked(error, [value])).toEqual([]);
  });

  it("is certainly not done while the vault is read-only, and backs off", async () => {
    vault.setReadOnly(true);
    const error = await thrownBy(() => world.newSecrets().publish(newSecret(), publication, call));
    vault.setReadOnly(false);
    expect(error.name).toBe("TransientServiceError");
  });

  it("needs an operator when a policy refuses it", async () => {
    vault.refuseByPolicy("RequestDisallowedByPolicy");
    const error = await thrownBy(() => world.newSecrets().publish(newSecret(), publication, call));
    vault.refuseByPolicy(null);
    expect(error).toMatchObject({ name: "OperatorNeededError", reason: "PolicyRefused" });
    expect(leaked(error, [value])).toEqual([]);
  });
});

test("disabling has an unknown outcome when the answer is lost", async () => {
  const ref = newSecret();
  const { version } = vault.seed(ref.name, { value });
  world.emulators.faults.add({ route: "vault.updateSecret", when: "after", kind: "resetBeforeAnswer" });
  const error = await thrownBy(() => world.newSecrets().disable(ref, version, call));
  expect(error.name).toBe("OutcomeUnknownError");
  expect(world.emulators.journal.count("vault.updateSecret")).toBe(1);
});

describe("reading", () => {
  it.each([
    { kind: "truncatedJson" },
    { kind: "unexpected202" },
    { kind: "resetBeforeAnswer" },
    { kind: "resetInMiddle" },
    { kind: "status", status: 500 },
    { kind: "status", status: 503, retryAfter: 3600 },
    { kind: "status", status: 200, body: {} },
  ] as const)("is transient and shows no key after %j", async (fault) => {
    const ref = newSecret();
    vault.seed(ref.name, { value });
    world.emulators.faults.add({ route: "vault.getSecret", when: "after", ...fault });
    const error = await thrownBy(() => world.newSecrets().newest(ref, call));
    expect(error.name).toBe("TransientServiceError");
    expect(leaked(error, [value])).toEqual([]);
  });

  it("is retried after a temporary failure", async () => {
    const ref = newSecret();
    vault.seed(ref.name, { value });
    world.emulators.faults.add({ route: "vault.getSecret", when: "before", kind: "status", status: 503, nth: 1 });
    expect((await world.newSecrets().newest(ref, call))?.key.reveal()).toBe(value);
  });
});

describe("a client that has not called the vault yet", () => {
  it("publishes many secrets concurrently, each with its own value", async () => {
    const adapter = world.newSecrets();
    const refs = Array.from({ length: 20 }, newSecret);
    await Promise.all(
      refs.map((ref, index) => adapter.publish(ref, aPublication({ key: new BatchKey(`value${index}`) }), call)),
    );
    expect(refs.map(({ name }) => vault.versions(name).map((version) => version.value))).toEqual(
      refs.map((_, index) => [`value${index}`]),
    );
    expect(world.emulators.journal.of("vault.setSecret").map(({ status }) => status)).toEqual(refs.map(() => 200));
    expect(world.emulators.journal.count("vault.challenge")).toBe(1);
  });

  it("works after a failed first call", async () => {
    const adapter = world.newSecrets();
    const ref = newSecret();
    world.emulators.faults.add({ route: "vault.challenge", when: "before", kind: "resetBeforeAnswer", nth: 1 });
    const error = await thrownBy(() => adapter.publish(ref, publication, call));
    expect(error.name).toBe("TransientServiceError");
    expect(world.emulators.journal.count("vault.setSecret")).toBe(0);
    await expect(adapter.publish(ref, publication, call)).resolves.toHaveProperty("version");
  });

  it("serves the other callers when one aborts", async () => {
    const adapter = world.newSecrets();
    const [one, other] = [newSecret(), newSecret()];
    vault.seed(other.name, { value });
    world.emulators.faults.add({ route: "vault.challenge", when: "before", kind: "delay", ms: 300, nth: 1 });
    const givenUp = thrownBy(() => adapter.newest(one, { signal: AbortSignal.timeout(50) }));
    const served = adapter.newest(other, call);
    expect(await givenUp).toMatchObject({ name: "TransientServiceError", facts: { code: "AbortError" } });
    expect((await served)?.key.reveal()).toBe(value);
  });
});
