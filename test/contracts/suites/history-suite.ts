import { CorruptRecordError } from "../../../lib/errors";
import type { History } from "../../../lib/ports";
import type { RotationEvent } from "../../../lib/rotation/events/events";
import { anEvent } from "./records";

export interface HistoryWorld {
  readonly history: History;
  /** What is stored of an account, newest first. */
  events(account: string): Promise<readonly RotationEvent[]>;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal };

/** What every store of the history does. */
export const historyContract = (name: string, open: () => Promise<HistoryWorld>): void => {
  describe(`history in ${name}`, () => {
    let world: HistoryWorld;
    let accounts = 0;
    const anAccount = (): string => `account-${(accounts += 1)}`;

    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    it("keeps events as they were, newest first", async () => {
      const account = anAccount();
      const events = [1, 2, 9, 10, 11].map((sequence) => anEvent(sequence, { account }));
      const odd = anEvent(12, {
        account,
        rotationId: null,
        reason: "Unhealthy",
        event: "RotationStalled",
        by: "signal:a",
      });
      for (const event of [...events, odd]) await world.history.append(event, call);
      expect(await world.events(account)).toEqual([odd, ...events.toReversed()]);
    });

    it("takes a repeat as done", async () => {
      const account = anAccount();
      await world.history.append(anEvent(1, { account }), call);
      await world.history.append(anEvent(1, { account }), call);
      expect(await world.events(account)).toEqual([anEvent(1, { account })]);
    });

    it("takes many repeats at the same time as done", async () => {
      const account = anAccount();
      await Promise.all(Array.from({ length: 10 }, () => world.history.append(anEvent(1, { account }), call)));
      expect(await world.events(account)).toHaveLength(1);
    });

    it("refuses another event in the place of one that is there", async () => {
      const account = anAccount();
      await world.history.append(anEvent(1, { account }), call);
      const usurper = world.history.append(anEvent(1, { account, id: "usurper" }), call);
      await expect(usurper).rejects.toThrow(CorruptRecordError);
      expect(await world.events(account)).toEqual([anEvent(1, { account })]);
    });

    it("keeps accounts apart", async () => {
      const [one, other] = [anAccount(), anAccount()];
      await world.history.append(anEvent(1, { account: one }), call);
      expect(await world.events(other)).toEqual([]);
    });
  });
};
