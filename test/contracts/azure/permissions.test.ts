import { ArmPermissions } from "../../../lib/azure/sdk/permissions";
import { type EmulatedWorld, openEmulatedWorld } from "./emulated-world";

const call = { signal: new AbortController().signal };
const wanted = "Microsoft.Batch/batchAccounts/regenerateKeys/action";
const role = (action: string) => ({ actions: [action] });
const readers = Array.from({ length: 4 }, (_, index) => role(`Microsoft.Batch/batchAccounts/read${index}`));

let world: EmulatedWorld;
const granted = (): Promise<boolean | null> => {
  const armScope = "https://management.azure.com/.default";
  const permissions = new ArmPermissions({
    credential: world.credential,
    armEndpoint: world.emulators.armUrl,
    armScope,
  });
  return permissions.allows(world.addAccount().resourceId, wanted, call);
};

beforeAll(async () => {
  world = await openEmulatedWorld();
});
afterEach(() => world.emulators.faults.clear());
afterAll(() => world.close());

describe("the identity's roles on several pages", () => {
  it.each([
    ["on the last page", [...readers, role(wanted)], { size: 2 }, true],
    ["on the first page", [role(wanted), ...readers], { size: 1 }, true],
    ["on no page", readers, { size: 1 }, false],
    ["behind empty pages", [...readers, role(wanted)], { size: 2, emptyFirst: true }, true],
  ])("are all read: the role is %s", async (_, roles, pages, expected) => {
    world.emulators.batch.tellRoles(roles);
    world.emulators.batch.pageRoles(pages);
    expect(await granted()).toBe(expected);
  });

  it("say nothing where a page cannot be read", async () => {
    world.emulators.batch.tellRoles([...readers, role(wanted)]);
    world.emulators.batch.pageRoles({ size: 2 });
    world.emulators.faults.add({ route: "arm.listPermissions", when: "before", kind: "status", status: 500, nth: 2 });
    expect(await granted()).toBeNull();
  });

  it("say nothing where a link leads to another server, which never gets the token", async () => {
    world.emulators.batch.tellRoles([...readers, role(wanted)]);
    world.emulators.batch.pageRoles({ size: 2, origin: "https://elsewhere.example" });
    const fetched = jest.spyOn(globalThis, "fetch");
    expect(await granted()).toBeNull();
    expect(fetched).toHaveBeenCalledTimes(1);
    expect(fetched).toHaveBeenCalledWith(expect.stringContaining(world.emulators.armUrl), expect.anything());
    fetched.mockRestore();
  });

  it("say nothing where they do not end", async () => {
    world.emulators.batch.tellRoles(Array.from({ length: 60 }, () => role("Microsoft.Batch/none")));
    world.emulators.batch.pageRoles({ size: 1 });
    expect(await granted()).toBeNull();
  });
});
