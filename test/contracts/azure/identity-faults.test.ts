import { type EmulatedWorld, openEmulatedWorld } from "./emulated-world";
import { thrownBy } from "./leaks";

const call = { signal: new AbortController().signal, lastLook: async () => undefined };

let world: EmulatedWorld;

beforeAll(async () => {
  world = await openEmulatedWorld();
});
afterEach(() => world.emulators.faults.clear());
afterAll(() => world.close());

// In a separate file, because a process keeps its tokens.
describe("an identity endpoint that gives no token", () => {
  it.each([
    { status: 400, name: "OperatorNeededError", code: "IdentityRefused" },
    { status: 429, name: "TransientServiceError", code: "CredentialUnavailableError" },
  ])("leaves no outcome unknown, and lasts where the identity is not known (%j)", async ({ status, name, code }) => {
    world.emulators.faults.add({ route: "identity.token", when: "before", kind: "status", status });
    const error = await thrownBy(() => world.batch.regenerate(world.addAccount(), "primary", call));
    expect(error).toMatchObject({ name, facts: { code } });
    expect(world.emulators.journal.count("arm.regenerateKeys")).toBe(0);
  });

  it("is asked again on the next call", async () => {
    await expect(world.batch.regenerate(world.addAccount(), "primary", call)).resolves.toMatchObject({
      requestId: expect.any(String),
    });
  });
});
