import type { Fleet } from "../../../lib/ports/fleet";
import { emptyFleet, type FleetState, unreadableFleet } from "../../../lib/rotation/fleet/fleet-state";
import { aFleetFailure, anAdmission } from "../../builders/fleet";
import { at } from "./records";

export interface FleetWorld {
  /** The row as a process knows it that has just started. */
  readonly open: () => Fleet;
  /** Makes the stored row one that cannot be read. */
  readonly damage: () => Promise<void>;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal };

const aFullFleet: FleetState = {
  rotating: Array.from({ length: 1_000 }, (_, n) => anAdmission(`account-${n}`)),
  failures: [aFleetFailure("account-1"), aFleetFailure("account-2", "09:10", { cause: "unhealthy" })],
  canaries: [{ account: "account-3", completedAt: at, until: at }],
  heldUntil: at,
  resumed: { id: "event", at, by: "operator:ada", reason: "the rôtator works 🔑", announced: true },
  unreadable: false,
};

const withOne = (name: string) => (state: FleetState) => ({
  ...state,
  rotating: [...state.rotating, anAdmission(name)],
});
const refuse = (): FleetState => {
  throw new Error("refused");
};
const namesOf = ({ rotating }: FleetState): readonly string[] => rotating.map(({ account }) => account).toSorted();

/** The contract of every store of the fleet's row. */
export const fleetContract = (name: string, openWorld: () => Promise<FleetWorld>): void => {
  describe(`the row of the fleet in ${name}`, () => {
    let world: FleetWorld;

    beforeAll(async () => {
      world = await openWorld();
    });
    afterAll(() => world.close());

    it("is empty before the first write, and reading it writes nothing", async () => {
      expect(await world.open().read(0, call)).toEqual(emptyFleet);
      expect(await world.open().update((state) => state, call)).toEqual(emptyFleet);
    });

    it("is read as it was written", async () => {
      expect(await world.open().update(() => aFullFleet, call)).toEqual(aFullFleet);
      expect(await world.open().read(0, call)).toEqual(aFullFleet);
    });

    it("loses no change of another process, however old the row is that a process remembers", async () => {
      const [one, other] = [world.open(), world.open()];
      await one.update(() => emptyFleet, call);
      await other.update(withOne("a"), call);
      await one.update(withOne("b"), call);
      expect(namesOf(await other.update(withOne("c"), call))).toEqual(["a", "b", "c"]);
    });

    it("loses no change of drives and processes that write at the same time", async () => {
      const fleets = [world.open(), world.open(), world.open()];
      await world.open().update(() => emptyFleet, call);
      await Promise.all(
        fleets.flatMap((fleet, n) => ["x", "y"].map((letter) => fleet.update(withOne(`${letter}${n}`), call))),
      );
      expect(namesOf(await world.open().read(0, call))).toEqual(["x0", "x1", "x2", "y0", "y1", "y2"]);
    });

    it("passes on what a change throws, and goes on with the next", async () => {
      const fleet = world.open();
      await expect(fleet.update(refuse, call)).rejects.toThrow("refused");
      expect(namesOf(await fleet.update(() => withOne("z")(emptyFleet), call))).toEqual(["z"]);
    });

    it("that cannot be read says so, and is replaced by the next change", async () => {
      await world.damage();
      const fleet = world.open();
      expect(await fleet.read(0, call)).toEqual(unreadableFleet);
      await fleet.update(() => aFullFleet, call);
      expect(await world.open().read(0, call)).toEqual(aFullFleet);
    });
  });
};
