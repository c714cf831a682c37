import type { Signals } from "../../../lib/ports/signals";
import type { InstanceReport } from "../../../lib/rotation/gate/signals";
import { nothingSeen, type Sight, sightName, sightingsOf } from "../../../lib/rotation/gate/sightings";
import { aReport } from "../../builders/report";
import { anAppServiceSeen, aReader, aReadersSeen } from "../../builders/sight";
import { v1 } from "../../builders/state";
import { at } from "../../builders/time";

export interface SignalsWorld {
  readonly signals: Signals;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal };

const joining = (part: string) => (known: InstanceReport | null) => ({
  accepted: true,
  report: aReport({ detail: [...(known?.detail?.split(" ") ?? []), part].join(" ") }),
});

const ignore = (known: InstanceReport | null) => ({ accepted: false, report: known ?? aReport() });

const isOver = (report: InstanceReport): boolean => report.at < "2026-11-21";

const readers = (reads: number): Sight => aReadersSeen({ readers: [{ ...aReader, reads }] });

/** The contract of every store of signals. */
export const signalsContract = (name: string, open: () => Promise<SignalsWorld>): void => {
  describe(`signals in ${name}`, () => {
    let world: SignalsWorld;
    let accounts = 0;
    const anAccount = (): string => `account-${(accounts += 1)}`;
    const put = (account: string, report: InstanceReport) =>
      world.signals.update(account, report.consumer, report.instance, () => ({ accepted: true, report }), call);

    const reportsOf = async (account: string) => (await world.signals.list(account, call)).reports;

    const see = (account: string, sight: Sight) =>
      world.signals.updateSight(account, sightName(sight), () => sight, call);

    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    it("are absent before the first write", async () => {
      expect(await world.signals.list(anAccount(), call)).toEqual(nothingSeen);
    });

    it.each([
      aReport(),
      aReport({ latestSignedAt: at("10:14") }),
      aReport({ leftAt: at("10:12") }),
      aReport({
        unsigned: { at: at("10:11"), secretVersion: v1, healthy: false, detail: "403 from Batch", since: at("10:11") },
      }),
      aReport({ proven: true, provenSince: at("10:02"), joinedHealthy: true, detail: "since the restart" }),
      aReport({ healthy: false, goodSince: null, unhealthySince: at("10:08"), detail: "403 from Batch" }),
    ])("come back as they were reported (%#)", async (report) => {
      const account = anAccount();
      expect(await put(account, report)).toEqual({ accepted: true });
      expect(await reportsOf(account)).toEqual([report]);
    });

    it("are stored per instance", async () => {
      const [account, other] = [anAccount(), anAccount()];
      const reports = [
        aReport({ consumer: "a.b_c-d", instance: "1" }),
        aReport({ consumer: "render-api", instance: "vm-1" }),
        aReport({ consumer: "render-api", instance: "vm-2", healthy: false }),
      ];
      await Promise.all([...reports.map((report) => put(account, report)), put(other, aReport())]);
      expect(await reportsOf(account)).toEqual(reports);
    });

    it("are merged with the stored report", async () => {
      const account = anAccount();
      await put(account, aReport());
      const seen: (InstanceReport | null)[] = [];
      const merge = (known: InstanceReport | null) => {
        seen.push(known);
        return { accepted: true, report: aReport({ healthy: false, goodSince: null }) };
      };
      await world.signals.update(account, "render-api", "vm-1", merge, call);
      expect(seen).toEqual([aReport()]);
      expect(await reportsOf(account)).toEqual([aReport({ healthy: false, goodSince: null })]);
    });

    it("report that a signal changes nothing", async () => {
      const account = anAccount();
      await put(account, aReport());
      expect(await world.signals.update(account, "render-api", "vm-1", ignore, call)).toEqual({ accepted: false });
      expect(await reportsOf(account)).toEqual([aReport()]);
    });

    it("are not written where the merge leaves them as they are", async () => {
      const account = anAccount();
      expect(await world.signals.update(account, "render-api", "vm-1", () => null, call)).toBeNull();
      expect(await reportsOf(account)).toEqual([]);
    });

    describe("of more than one page", () => {
      const account = `pages-${name.replaceAll(" ", "-")}`;
      const reports = Array.from({ length: 1_050 }, (_, index) =>
        aReport({
          instance: `run-${String(index).padStart(4, "0")}`,
          at: `2026-11-${index < 1_020 ? 20 : 22}T10:00:00.000Z`,
        }),
      );

      beforeAll(async () => {
        for (let from = 0; from < reports.length; from += 50)
          await Promise.all(reports.slice(from, from + 50).map((report) => put(account, report)));
        await put(account, aReport({ consumer: "render-api-2" }));
        await put(account, aReport({ consumer: "render" }));
        await put(account, aReport({ instance: "(healthUrl)" }));
      });

      it("are listed and counted in full", async () => {
        expect((await reportsOf(account)).map(({ instance }) => instance)).toHaveLength(1_053);
        const count = (since: string) => world.signals.countInstances(account, "render-api", since, call);
        expect(await count("2026-11-20T10:00:00.000Z")).toBe(1_050);
        expect(await count("2026-11-20T10:00:00.001Z")).toBe(30);
        expect(await count("2026-11-23T00:00:00.000Z")).toBe(0);
      });

      it("are removed where they are over, up to the limit", async () => {
        await world.signals.removeOver(account, isOver, 20, call);
        expect(await reportsOf(account)).toHaveLength(1_033);
        await world.signals.removeOver(account, isOver, 10_000, call);
        const left = await reportsOf(account);
        expect(left.filter(isOver)).toEqual([]);
        expect(left).toHaveLength(33);
      });
    });

    it("lose no concurrent signal", async () => {
      const account = anAccount();
      const parts = ["a", "b", "c", "d"];
      await Promise.all(parts.map((part) => world.signals.update(account, "render-api", "vm-1", joining(part), call)));
      const [report] = await reportsOf(account);
      expect(report?.detail?.split(" ").toSorted()).toEqual(parts);
    });

    describe("beside what the rotator has seen itself", () => {
      it.each([readers(3), anAppServiceSeen(), anAppServiceSeen({ consumer: "a.b_c-d", goodSince: null })])(
        "list it as it was stored (%#)",
        async (sight) => {
          const account = anAccount();
          await put(account, aReport());
          expect(await see(account, sight)).toEqual(sight);
          expect(await world.signals.list(account, call)).toEqual(sightingsOf([aReport()], [sight]));
        },
      );

      it("keep one sight of the readers and one of each consumer", async () => {
        const account = anAccount();
        const other = anAppServiceSeen({ consumer: "other" });
        for (const sight of [readers(1), anAppServiceSeen(), readers(2), other]) await see(account, sight);
        const { platforms, readers: seen } = await world.signals.list(account, call);
        expect(seen).toEqual(readers(2));
        expect(platforms.toSorted((one, two) => one.consumer.localeCompare(two.consumer))).toEqual([
          other,
          anAppServiceSeen(),
        ]);
      });

      it("write nothing where the change is null, and pass on what is stored", async () => {
        const account = anAccount();
        const seen: (Sight | null)[] = [];
        const look = () =>
          world.signals.updateSight(
            account,
            "readers",
            (known) => {
              seen.push(known);
              return null;
            },
            call,
          );
        expect(await look()).toBeNull();
        await see(account, readers(1));
        expect(await look()).toBeNull();
        expect(seen).toEqual([null, readers(1)]);
      });

      it("lose no concurrent change", async () => {
        const account = anAccount();
        await see(account, readers(1));
        const more = (known: Sight | null) =>
          readers((known?.kind === "readers" ? (known.readers[0]?.reads ?? 0) : 0) + 1);
        await Promise.all([1, 2, 3].map(() => world.signals.updateSight(account, "readers", more, call)));
        expect((await world.signals.list(account, call)).readers).toEqual(readers(4));
      });

      it("are not removed and not counted as instances", async () => {
        const account = anAccount();
        await see(account, readers(1));
        await see(account, anAppServiceSeen());
        await world.signals.removeOver(account, () => true, 10, call);
        expect(await world.signals.countInstances(account, "render-web", at("09:00"), call)).toBe(0);
        const { platforms, readers: left } = await world.signals.list(account, call);
        expect([left, ...platforms]).toEqual([readers(1), anAppServiceSeen()]);
      });
    });
  });
};
