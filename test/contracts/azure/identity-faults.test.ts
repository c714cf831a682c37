import { type EmulatedWorld, openEmulatedWorld } from "./emulated-world";
import { thrownBy } from "./leaks";

const call = { signal: new AbortController().signal };

let world: EmulatedWorld;

beforeAll(async () => {
  world = await openEmulatedWorld();
});
afterEach(() => world.emulators.faults.clear());
afterAll(() => world.close());

// In a separate file, because a process keeps its tokens.
describe("an identity endpoint that gives no token", () => {
  it.each([{ status: 400 }, { status: 429 }, { status: 500 }])("leaves no outcome unknown (%j)", async ({ status }) => {
    world.emulators.faults.add({ route: "identity.token", when: "before", kind: "status", status });
    const error = await thrownBy(() => world.batch.regenerate(world.addAccount(), "primary", call));
    expect(["TransientServiceError", "OperatorNeededError"]).toContain(error.name);
    expect(world.emulators.journal.count("arm.regenerateKeys")).toBe(0);
  });

  it("is asked again on the next call", async () => {
    await expect(world.batch.regenerate(world.addAccount(), "primary", call)).resolves.toMatchObject({
      requestId: expect.any(String),
    });
  });
});
