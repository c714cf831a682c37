import { noTickNotes, type StoredTickNotes, type Ticks } from "../../../lib/ports/ticks";
import { at, later } from "./records";

export interface TicksWorld {
  readonly ticks: Ticks;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal };

const written = (stored: StoredTickNotes | null): StoredTickNotes => {
  if (stored === null) throw new Error("expected the write to be stored");
  return stored;
};

/** The contract of every store of what ticks leave for the next one. */
export const ticksContract = (name: string, open: () => Promise<TicksWorld>): void => {
  describe(`notes of ticks in ${name}`, () => {
    let world: TicksWorld;

    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    it("are absent at first, and then written only by one that has read the newest", async () => {
      const { ticks } = world;
      expect(await ticks.read(call)).toBeNull();
      const first = written(await ticks.write({ ...noTickNotes, allLookedAt: at }, null, call));
      expect(await ticks.read(call)).toEqual(first);
      expect(await ticks.write({ ...noTickNotes, allLookedAt: later }, null, call)).toBeNull();
      const second = written(await ticks.write({ ...noTickNotes, handedOver: { at, taken: true } }, first.etag, call));
      expect(await ticks.write(noTickNotes, first.etag, call)).toBeNull();
      expect(await ticks.read(call)).toEqual({
        notes: { ...noTickNotes, handedOver: { at, taken: true } },
        etag: second.etag,
      });
    });
  });
};
