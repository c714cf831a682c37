import type { Signals } from "../../../lib/ports";
import type { InstanceReport } from "../../../lib/rotation/gate/signals";
import { aReport } from "../../builders/report";
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

/** The contract of every store of signals. */
export const signalsContract = (name: string, open: () => Promise<SignalsWorld>): void => {
  describe(`signals in ${name}`, () => {
    let world: SignalsWorld;
    let accounts = 0;
    const anAccount = (): string => `account-${(accounts += 1)}`;
    const put = (account: string, report: InstanceReport) =>
      world.signals.update(account, report.consumer, report.instance, () => ({ accepted: true, report }), call);

    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    it("are absent before the first write", async () => {
      expect(await world.signals.list(anAccount(), call)).toEqual([]);
    });

    it.each([
      aReport(),
      aReport({ latestSignedAt: at("10:14") }),
      aReport({
        unsigned: { at: at("10:11"), secretVersion: v1, healthy: false, detail: "403 from Batch", since: at("10:11") },
      }),
      aReport({ proven: true, provenSince: at("10:02"), joinedHealthy: true, detail: "since the restart" }),
      aReport({ healthy: false, goodSince: null, unhealthySince: at("10:08"), detail: "403 from Batch" }),
    ])("come back as they were reported (%#)", async (report) => {
      const account = anAccount();
      expect(await put(account, report)).toEqual({ accepted: true });
      expect(await world.signals.list(account, call)).toEqual([report]);
    });

    it("are stored per instance", async () => {
      const [account, other] = [anAccount(), anAccount()];
      const reports = [
        aReport({ consumer: "a.b_c-d", instance: "1" }),
        aReport({ consumer: "render-api", instance: "vm-1" }),
        aReport({ consumer: "render-api", instance: "vm-2", healthy: false }),
      ];
      await Promise.all([...reports.map((report) => put(account, report)), put(other, aReport())]);
      expect(await world.signals.list(account, call)).toEqual(reports);
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
      expect(await world.signals.list(account, call)).toEqual([aReport({ healthy: false, goodSince: null })]);
    });

    it("report that a signal changes nothing", async () => {
      const account = anAccount();
      await put(account, aReport());
      expect(await world.signals.update(account, "render-api", "vm-1", ignore, call)).toEqual({ accepted: false });
      expect(await world.signals.list(account, call)).toEqual([aReport()]);
    });

    it("lose no concurrent signal", async () => {
      const account = anAccount();
      const parts = ["a", "b", "c", "d"];
      await Promise.all(parts.map((part) => world.signals.update(account, "render-api", "vm-1", joining(part), call)));
      const [report] = await world.signals.list(account, call);
      expect(report?.detail?.split(" ").toSorted()).toEqual(parts);
    });
  });
};
