import type { Signals } from "../../../lib/ports/signals";
import { ReportCache } from "../../../lib/signals/report-cache";
import type { InstanceReport } from "../../../lib/rotation/gate/signals";
import { aReport, reported } from "../../builders/report";
import { at } from "../../builders/time";

const options = { signal: new AbortController().signal };

/** A table with this number of rows, and a virtual clock. */
const table = (rows: number) => {
  const world = {
    nowMs: 1_000_000,
    lists: 0,
    failing: false,
    rows: Array.from({ length: rows }, (_, index) => row(index)),
  };
  const signals: Pick<Signals, "list"> = {
    list: async () => {
      world.lists += 1;
      if (world.failing) throw new Error("out of reach");
      return reported(...world.rows);
    },
  };
  const clock = { now: () => new Date(world.nowMs) };
  const recent = new ReportCache(signals, clock);
  return {
    world,
    read: () => recent.read("render-weu", options),
    keep: (report: InstanceReport) => recent.keep("render-weu", report),
  };
};

const row = (index: number): InstanceReport => aReport({ instance: `vm-${index}` });

describe("the cache of reports for signals", () => {
  it("reads the table each time while it has fewer than 100 rows", async () => {
    const { world, read } = table(99);
    await read();
    await read();
    expect(world.lists).toBe(2);
  });

  it("keeps n rows for n milliseconds and no longer", async () => {
    const { world, read } = table(100);
    await read();
    world.nowMs += 99;
    expect((await read()).reports).toHaveLength(100);
    expect(world.lists).toBe(1);
    world.nowMs += 1;
    await read();
    expect(world.lists).toBe(2);
  });

  it("discards rows read before the clock was set back", async () => {
    const { world, read } = table(100);
    await read();
    world.nowMs -= 1;
    await read();
    expect(world.lists).toBe(2);
  });

  it("includes reports stored by this process since, and never replaces a newer report by an older one", async () => {
    const { read, keep } = table(100);
    await read();
    keep(aReport({ instance: "vm-1", at: at("10:20"), secretVersion: "new" }));
    keep(aReport({ instance: "vm-2", at: at("09:00"), secretVersion: "old" }));
    keep(aReport({ instance: "vm-100", secretVersion: "joined" }));
    const versions = new Map((await read()).reports.map(({ instance, secretVersion }) => [instance, secretVersion]));
    expect([versions.get("vm-1"), versions.get("vm-2"), versions.get("vm-100"), versions.size]).toEqual([
      "new",
      row(2).secretVersion,
      "joined",
      101,
    ]);
  });

  it("reads a large table once for all concurrent requests", async () => {
    const { world, read } = table(100);
    await read();
    world.nowMs += 100;
    await Promise.all([read(), read(), read()]);
    expect(world.lists).toBe(2);
  });

  it("reads the table again after a failure", async () => {
    const { world, read } = table(100);
    world.failing = true;
    await expect(read()).rejects.toThrow("out of reach");
    world.failing = false;
    expect((await read()).reports).toHaveLength(100);
  });
});
