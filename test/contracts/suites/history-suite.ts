import { CorruptRecordError } from "../../../lib/errors";
import type { History } from "../../../lib/ports/history";
import type { RotationEvent } from "../../../lib/rotation/events/events";
import { anEvent, at, later } from "./records";

export interface HistoryWorld {
  readonly history: History;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal };

/** The contract of every store of the history. */
export const historyContract = (name: string, open: () => Promise<HistoryWorld>): void => {
  describe(`history in ${name}`, () => {
    let world: HistoryWorld;
    let accounts = 0;
    const anAccount = (): string => `account-${(accounts += 1)}`;
    /** The stored events of an account, newest first. */
    const stored = async (account: string): Promise<readonly RotationEvent[]> =>
      (await world.history.page(account, { limit: 1000, before: null }, call)).events;
    const places = async (account: string): Promise<readonly number[]> =>
      (await stored(account)).map(({ sequence }) => sequence);
    const append = async (account: string, times: readonly (readonly [sequence: number, at: string])[]) => {
      for (const [sequence, time] of times)
        await world.history.append([anEvent(sequence, { account, at: time })], call);
    };

    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    it("keeps events unchanged, newest first", async () => {
      const account = anAccount();
      const events = [1, 2, 9, 10, 11].map((sequence) => anEvent(sequence, { account }));
      const odd = anEvent(12, {
        account,
        rotationId: null,
        reason: "Unhealthy",
        event: "RotationStalled",
        by: "signal:a",
      });
      for (const event of [...events, odd]) await world.history.append([event], call);
      expect(await stored(account)).toEqual([odd, ...events.toReversed()]);
    });

    it("accepts a repeat", async () => {
      const account = anAccount();
      await world.history.append([anEvent(1, { account })], call);
      await world.history.append([anEvent(1, { account })], call);
      expect(await stored(account)).toEqual([anEvent(1, { account })]);
    });

    it("accepts many concurrent repeats", async () => {
      const account = anAccount();
      await Promise.all(Array.from({ length: 10 }, () => world.history.append([anEvent(1, { account })], call)));
      expect(await stored(account)).toHaveLength(1);
    });

    it("refuses another event with the sequence of a stored one", async () => {
      const account = anAccount();
      await world.history.append([anEvent(1, { account })], call);
      const usurper = world.history.append([anEvent(1, { account, id: "usurper" })], call);
      await expect(usurper).rejects.toThrow(CorruptRecordError);
      expect(await stored(account)).toEqual([anEvent(1, { account })]);
    });

    it("finds the newest event of a kind, or of any kind above a number", async () => {
      const account = anAccount();
      for (const sequence of [1, 2, 3])
        await world.history.append(
          [anEvent(sequence, { account, event: sequence === 1 ? "Paused" : "Approved" })],
          call,
        );
      const newest = async (above: number) =>
        (await world.history.newestOf(account, ["Paused"], { ...call, above }))?.sequence ?? null;
      expect([await newest(3), await newest(2), await newest(0)]).toEqual([1, 3, 3]);
    });

    it("takes several events at once", async () => {
      const account = anAccount();
      const events = [1, 2, 3].map((sequence) => anEvent(sequence, { account }));
      await world.history.append(events, call);
      expect(await stored(account)).toEqual(events.toReversed());
    });

    it("takes none of several where one of them is there", async () => {
      const account = anAccount();
      const events = [1, 2, 3].map((sequence) => anEvent(sequence, { account }));
      await world.history.append([anEvent(2, { account })], call);
      await expect(world.history.append(events, call)).rejects.toThrow(CorruptRecordError);
      expect(await places(account)).toEqual([2]);
    });

    it("is read page by page, newest first", async () => {
      const account = anAccount();
      await append(
        account,
        [1, 2, 3, 5, 6].map((sequence) => [sequence, at]),
      );
      const page = async (limit: number, before: number | null) => {
        const { events, unreadable, next } = await world.history.page(account, { limit, before }, call);
        return [events.map(({ sequence }) => sequence), unreadable, next];
      };
      expect(await page(2, null)).toEqual([[6, 5], [], 4]);
      expect(await page(2, 4)).toEqual([[3, 2], [], 2]);
      expect(await page(2, 2)).toEqual([[1], [], null]);
      expect(await page(5, null)).toEqual([[6, 5, 3, 2, 1], [], null]);
      expect(await page(3, 1)).toEqual([[], [], null]);
    });

    it("finds the newest event before an instant among the oldest events without a gap", async () => {
      const account = anAccount();
      const before = (time: string, after = 0, through = 4) =>
        world.history.lastBefore(account, time, { after, through }, call);
      expect(await before(later)).toBe(0);
      await append(account, [
        [1, at],
        [2, at],
        [3, later],
        [4, at],
      ]);
      expect(await before(at)).toBe(0);
      expect(await before(later)).toBe(2);
      expect(await before("2026-11-24T11:00:00.001Z")).toBe(4);
      expect(await before("2026-11-24T11:00:00.001Z", 0, 3)).toBe(3);
      expect(await before(later, 1)).toBe(2);
      expect(await before(later, 2)).toBe(2);
      expect(await before(later, 3)).toBe(4);
      expect(await before(later, 4)).toBe(4);
    });

    it("finds it far above the range's beginning, where numbers are missing", async () => {
      const account = anAccount();
      await append(account, [
        [70_000, at],
        [70_001, at],
        [70_002, later],
      ]);
      const range = { after: 3, through: 9_000_000 };
      expect(await world.history.lastBefore(account, later, range, call)).toBe(70_001);
      expect(await world.history.lastBefore(account, at, range, call)).toBe(3);
    });

    it("finds the newest event of some kinds", async () => {
      const account = anAccount();
      const newest = async () => (await world.history.newestOf(account, ["Paused", "Resumed"], call))?.sequence ?? null;
      await append(account, [[1, at]]);
      expect(await newest()).toBeNull();
      await world.history.append([anEvent(2, { account, event: "Resumed" })], call);
      await world.history.append([anEvent(3, { account, event: "Paused" })], call);
      await append(account, [[4, at]]);
      expect(await newest()).toBe(3);
    });

    it("removes the oldest events of one account up to a sequence, repeatably", async () => {
      const [account, other] = [anAccount(), anAccount()];
      for (const each of [account, other])
        await append(
          each,
          [1, 2, 3, 4].map((sequence) => [sequence, at]),
        );
      await world.history.removeThrough(account, 2, call);
      await world.history.removeThrough(account, 2, call);
      expect([await places(account), await places(other)]).toEqual([
        [4, 3],
        [4, 3, 2, 1],
      ]);
      await world.history.removeThrough(account, 9, call);
      expect(await places(account)).toEqual([]);
    });

    it("keeps accounts apart", async () => {
      const [one, other] = [anAccount(), anAccount()];
      await world.history.append([anEvent(1, { account: one })], call);
      expect(await stored(other)).toEqual([]);
    });
  });
};
