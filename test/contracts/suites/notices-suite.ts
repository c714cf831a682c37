import type { Notices, StoredNotice } from "../../../lib/ports/notices";
import { firstNotice, type Notice } from "../../../lib/rotation/events/notice";
import { at, later } from "./records";

export interface NoticesWorld {
  readonly notices: Notices;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal };

const written = (stored: StoredNotice | null): StoredNotice => {
  if (stored === null) throw new Error("expected the write to be stored");
  return stored;
};

/** A notice with every part filled in. */
export const aFullNotice = (account: string | null): Notice => {
  const event = {
    id: "01JDF0000000000000000EVENT",
    at,
    event: "RotationBlocked",
    account,
    rotationId: null,
    reason: "RecordCorrupt",
    detail: "restore the row 🔑 of the rôtator",
    by: "schedule",
  } as const;
  return {
    account,
    alarms: [{ kind: "RotationBlocked", since: at, lastNotifiedAt: later }],
    outbox: [event],
    deliveries: [{ event: { ...event, id: "another" }, attempts: 2, nextAttemptAt: later, giveUpAt: later }],
    pendingHistory: Array.from({ length: 50 }, (_, index) => ({ ...event, id: `${index}`, detail: "x".repeat(1_500) })),
    heldUntil: later,
  };
};

/** The contract of every store of notices. */
export const noticesContract = (name: string, open: () => Promise<NoticesWorld>): void => {
  describe(`notices in ${name}`, () => {
    let world: NoticesWorld;
    let accounts = 0;
    const anAccount = (): string => `account-${(accounts += 1)}`;
    const of = async (account: string | null): Promise<StoredNotice | null> =>
      (await world.notices.list(call)).find(({ notice }) => notice.account === account) ?? null;

    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    it("are absent before the first write", async () => {
      expect(await world.notices.list(call)).toEqual([]);
    });

    it.each([null, "render-weu"])("are read as they were written, for account %p", async (account) => {
      const notice = aFullNotice(account);
      const stored = written(await world.notices.write(notice, null, call));
      expect(await of(account)).toEqual({ notice, etag: stored.etag });
    });

    it("are inserted once", async () => {
      const account = anAccount();
      const first = written(await world.notices.write(firstNotice(account), null, call));
      expect(await world.notices.write(aFullNotice(account), null, call)).toBeNull();
      expect(await of(account)).toEqual(first);
    });

    it("are replaced only by a writer that has read the newest state", async () => {
      const account = anAccount();
      const first = written(await world.notices.write(firstNotice(account), null, call));
      const second = written(await world.notices.write(aFullNotice(account), first.etag, call));
      expect(await world.notices.write(firstNotice(account), first.etag, call)).toBeNull();
      expect(await of(account)).toEqual(second);
      expect((await of(account))?.notice).toEqual(aFullNotice(account));
    });

    it("are not written by a replace where there is none", async () => {
      const account = anAccount();
      const etag = "W/\"datetime'2026-11-22T10%3A00%3A00.0000000Z'\"";
      expect(await world.notices.write(firstNotice(account), etag, call)).toBeNull();
      expect(await of(account)).toBeNull();
    });
  });
};
