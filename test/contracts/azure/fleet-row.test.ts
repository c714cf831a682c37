import { FleetTable } from "../../../lib/azure/tables/fleet-table";
import { TransientServiceError } from "../../../lib/errors";
import { emptyFleet, type FleetState } from "../../../lib/rotation/fleet/fleet-state";
import { anAdmission } from "../../builders/fleet";
import { days, minutes } from "../../builders/time";
import { fleetContract } from "../suites/fleet-suite";
import { openTablesWorld, type TablesWorld } from "./tables-world";

const call = { signal: new AbortController().signal };
const key = { partitionKey: "Fleet", rowKey: "Fleet" };
const clock = { now: () => new Date(now) };
let now = Date.parse("2026-11-24T10:00:00.000Z");
let world: TablesWorld;

const open = (): FleetTable => new FleetTable(world.tables.rotations, clock);

const damage = async (): Promise<void> => {
  const row = await world.tables.rotations.read(key, call);
  await world.tables.rotations.writeConditional({ ...key, fleet: '{"rotating":1}' }, row?.etag ?? null, call);
};

fleetContract("Azure Tables", async () => {
  world = await openTablesWorld();
  return { open, damage, close: () => world.close() };
});

const withOne = (name: string) => (state: FleetState) => ({
  ...state,
  rotating: [...state.rotating.filter(({ account }) => account !== name), anAdmission(name)],
});
const requests = async (act: () => Promise<unknown>): Promise<number> => {
  const before = world.journal.entries.length;
  await act();
  return world.journal.entries.length - before;
};

describe("the requests of the fleet's row", () => {
  beforeAll(async () => {
    world = await openTablesWorld();
    await open().update(withOne("first"), call);
  });
  afterEach(() => world.faults.clear());
  afterAll(() => world.close());

  it("are none while the remembered row is young enough", async () => {
    const fleet = open();
    expect(await requests(() => fleet.read(minutes(1), call))).toBe(1);
    expect(await requests(() => fleet.read(minutes(1), call))).toBe(0);
    expect(await requests(() => fleet.update((state) => state, call))).toBe(0);
    now += minutes(1) + 1;
    expect(await requests(() => fleet.read(minutes(1), call))).toBe(1);
    now -= days(1);
    expect(await requests(() => fleet.read(minutes(1), call))).toBe(1);
    expect(await requests(() => fleet.read(0, call))).toBe(1);
  });

  it("are two for a rotation, its start and its end, in a process that knows the row", async () => {
    const fleet = open();
    await fleet.read(minutes(1), call);
    expect(await requests(() => fleet.update(withOne("a"), call))).toBe(1);
    expect(await requests(() => fleet.update(() => emptyFleet, call))).toBe(1);
  });

  it("count an answer that was lost as written", async () => {
    world.faults.add({ route: "tables.update", when: "after", nth: 1, kind: "resetBeforeAnswer" });
    const after = await open().update(withOne("b"), call);
    expect(after.rotating.map(({ account }) => account)).toEqual(["b"]);
    expect(await open().read(0, call)).toEqual(after);
  });

  it("end where other writers never leave a gap", async () => {
    const [fleet, other] = [open(), open()];
    let nth = 0;
    const write = world.tables.rotations.writeConditional.bind(world.tables.rotations);
    jest.spyOn(world.tables.rotations, "writeConditional").mockImplementation(async (row, etag, options) => {
      if (JSON.stringify(row).includes('"account\\":\\"c')) await other.update(withOne(`other-${(nth += 1)}`), call);
      return write(row, etag, options);
    });
    await expect(fleet.update(withOne("c"), call)).rejects.toThrow(TransientServiceError);
    jest.restoreAllMocks();
    expect(nth).toBe(12);
  });
});
