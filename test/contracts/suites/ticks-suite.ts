import type { StoredTickNotes, Ticks } from "../../../lib/ports";
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
      const first = written(await ticks.write({ allLookedAt: at }, null, call));
      expect(await ticks.read(call)).toEqual(first);
      expect(await ticks.write({ allLookedAt: later }, null, call)).toBeNull();
      const second = written(await ticks.write({ allLookedAt: null }, first.etag, call));
      expect(await ticks.write({ allLookedAt: later }, first.etag, call)).toBeNull();
      expect(await ticks.read(call)).toEqual({ notes: { allLookedAt: null }, etag: second.etag });
    });
  });
};
