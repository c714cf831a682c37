import type { RecordGlance, Rotations, ScannedRecord, Stored } from "../../../lib/ports/rotations";
import { atEveryTick } from "../../../lib/rotation/next-look";
import { aLook } from "../../builders/look";
import { aRotation, idle } from "../../builders/state";
import { aRecord } from "../../builders/record";
import { aFullRecord, anEvent, everyState, later } from "./records";

export interface RotationsWorld {
  readonly rotations: Rotations;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal, look: aLook(), attention: "" };

const written = (stored: Stored | null): Stored => {
  if (stored === null) throw new Error("expected the write to be stored");
  return stored;
};

const rowOf = (account: string, phase = "idle", text: string | null = null) => ({
  account,
  phase,
  phaseSince: aRecord().phaseClock.since,
  attention: text,
});

/** The contract of every store of rotation records. */
export const rotationsContract = (name: string, open: () => Promise<RotationsWorld>): void => {
  describe(`rotation records in ${name}`, () => {
    let world: RotationsWorld;
    let accounts = 0;
    const anAccount = (): string => `account-${(accounts += 1)}`;

    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    it("are absent before the first write", async () => {
      expect(await world.rotations.read(anAccount(), call)).toBeNull();
    });

    it("are read as they were written", async () => {
      const record = { ...aFullRecord(), account: anAccount() };
      const attention = "app 2026-11-24T10:00:00.000Z";
      const stored = written(await world.rotations.insert(record, { ...call, attention }));
      expect(await world.rotations.read(record.account, call)).toEqual({
        record,
        etag: stored.etag,
        look: call.look,
        attention,
      });
    });

    it.each(everyState.map((state) => [state.phase, state] as const))("keep every state (%s)", async (_, state) => {
      const record = aRecord({ account: anAccount(), state });
      await world.rotations.insert(record, call);
      expect((await world.rotations.read(record.account, call))?.record).toEqual(record);
    });

    it("are listed, whatever their account", async () => {
      const records = [aRecord({ account: anAccount() }), { ...aFullRecord(), account: anAccount() }];
      for (const record of records) await world.rotations.insert(record, call);
      const listed = await world.rotations.list(call);
      expect(listed.records).toEqual(expect.arrayContaining(records));
      expect(new Set(listed.records.map(({ account }) => account)).size).toBe(listed.records.length);
      expect(listed.unreadable).toEqual([]);
    });

    it("are found by their Batch account, whatever the case of its resource id", async () => {
      const resourceId = `${aRecord().resourceId}-${anAccount()}`;
      const names = [anAccount(), anAccount()];
      for (const account of names) await world.rotations.insert(aRecord({ account, resourceId }), call);
      const first = written(await world.rotations.insert(aRecord({ account: anAccount(), resourceId }), call));
      await world.rotations.replace({ ...first.record, resourceId: `${resourceId}-other` }, first.etag, call);
      expect((await world.rotations.ofBatchAccount(resourceId.toUpperCase(), call)).toSorted()).toEqual(
        names.toSorted(),
      );
      expect(await world.rotations.ofBatchAccount(`${resourceId}-none`, call)).toEqual([]);
    });

    it("are scanned, each with what was written beside it", async () => {
      const [one, other] = [anAccount(), anAccount()];
      const look = aLook({ nextLookAt: later, waiting: "OutsideWindow" });
      await world.rotations.insert(aRecord({ account: one }), call);
      await world.rotations.insert(aRecord({ account: other }), { ...call, look });
      const expected = [
        { account: one, ...aLook() },
        { account: other, ...look },
      ];
      const glances: RecordGlance[] = [];
      await world.rotations.scan((glance) => glances.push(glance), call);
      expect(glances).toEqual(expect.arrayContaining(expected));
      const visited: ScannedRecord[] = [];
      await world.rotations.scanRecords((row) => visited.push(row), call);
      expect(visited).toEqual(
        expect.arrayContaining(expected.map((glance) => ({ ...glance, record: aRecord({ account: glance.account }) }))),
      );
    });

    it("are listed for attention, unless they are idle with nothing open", async () => {
      const names = [anAccount(), anAccount(), anAccount(), anAccount(), anAccount()];
      const [resting = "", moving = "", overdue = "", waiting = "", restless = ""] = names;
      const { published } = aRotation();
      const attention = "overdue 2026-11-24T10:00:00.000Z";
      const insert = (account: string, change: Partial<typeof call> = {}, state = idle()) =>
        world.rotations.insert(aRecord({ account, state }), { ...call, ...change });
      await insert(resting);
      await world.rotations.insert(aRecord({ account: moving, state: published() }), call);
      await insert(overdue, { attention });
      await insert(waiting, { look: aLook({ waiting: "OutsideWindow" }) });
      await insert(restless, { look: aLook({ nextLookAt: atEveryTick }) });
      const found = (await world.rotations.listAttention(call)).filter(({ account }) => names.includes(account));
      expect(found.toSorted((one, other) => (one.account < other.account ? -1 : 1))).toEqual([
        rowOf(moving, "published"),
        rowOf(overdue, "idle", attention),
        rowOf(waiting),
        rowOf(restless),
      ]);
    });

    it("are written with what is beside them", async () => {
      const account = anAccount();
      const first = written(await world.rotations.insert(aRecord({ account }), call));
      const look = aLook({ nextLookAt: later });
      const second = written(await world.rotations.replace(aRecord({ account }), first.etag, { ...call, look }));
      expect([first.look, second.look]).toEqual([aLook(), look]);
      expect(await world.rotations.read(account, call)).toEqual(second);
    });

    it("are inserted once", async () => {
      const account = anAccount();
      const first = written(await world.rotations.insert(aRecord({ account }), call));
      expect(await world.rotations.insert(aRecord({ account, phaseClock: { since: later } }), call)).toBeNull();
      expect(await world.rotations.read(account, call)).toEqual(first);
    });

    it("are replaced by a writer that has read the newest state", async () => {
      const account = anAccount();
      const first = written(await world.rotations.insert({ ...aFullRecord(), account }, call));
      const second = written(
        await world.rotations.replace(aRecord({ account, phaseClock: { since: later } }), first.etag, call),
      );
      const third = written(
        await world.rotations.replace(aRecord({ account, phaseClock: { pausedMs: 3 } }), second.etag, call),
      );
      expect((await world.rotations.read(account, call))?.record).toEqual(
        aRecord({ account, phaseClock: { pausedMs: 3 } }),
      );
      expect(new Set([first.etag, second.etag, third.etag]).size).toBe(3);
    });

    it("are not replaced by a writer that has read an older state", async () => {
      const account = anAccount();
      const first = written(await world.rotations.insert(aRecord({ account }), call));
      const second = written(
        await world.rotations.replace(aRecord({ account, phaseClock: { pausedMs: 2 } }), first.etag, call),
      );
      expect(
        await world.rotations.replace(aRecord({ account, phaseClock: { pausedMs: 3 } }), first.etag, call),
      ).toBeNull();
      expect(await world.rotations.read(account, call)).toEqual(second);
    });

    it("are not replaced where there is none", async () => {
      const account = anAccount();
      const other = written(await world.rotations.insert(aRecord({ account: anAccount() }), call));
      expect(await world.rotations.replace(aRecord({ account }), other.etag, call)).toBeNull();
      expect(await world.rotations.read(account, call)).toBeNull();
    });

    it("accept exactly one of many concurrent writers", async () => {
      const account = anAccount();
      const writers = Array.from({ length: 20 }, (_, pausedMs) => aRecord({ account, phaseClock: { pausedMs } }));
      const inserted = await Promise.all(writers.map((record) => world.rotations.insert(record, call)));
      const winners = inserted.filter((stored) => stored !== null);
      expect(winners).toHaveLength(1);
      const etag = winners[0]?.etag ?? "";
      const replaced = await Promise.all(writers.map((record) => world.rotations.replace(record, etag, call)));
      const [winner, ...others] = replaced.filter((stored) => stored !== null);
      expect(others).toEqual([]);
      expect(await world.rotations.read(account, call)).toEqual(winner);
    });

    it("hold an outbox of a thousand events, and shrink again", async () => {
      const outbox = Array.from({ length: 1000 }, (_, index) => anEvent(index + 1, { detail: "ü🔑".repeat(5) }));
      const record = aRecord({ account: anAccount(), publishing: { outbox }, chain: { sequence: 1000 } });
      const stored = written(await world.rotations.insert(record, call));
      expect((await world.rotations.read(record.account, call))?.record).toEqual(record);
      await world.rotations.replace({ ...record, publishing: { ...record.publishing, outbox: [] } }, stored.etag, call);
      expect((await world.rotations.read(record.account, call))?.record).toEqual({
        ...record,
        publishing: { ...record.publishing, outbox: [] },
      });
    });
  });
};
