import { readCoverage } from "../../lib/operations/status/coverage";
import { readStatus } from "../../lib/operations/status/read-status";
import { aDiscovery, tagged } from "../builders/discovery";
import { days, hours, minutes } from "../builders/time";
import { Place, Rig } from "../rig/rig";

const aRig = (): Rig => {
  const rig = new Rig({ discovery: aDiscovery(), startsAt: "2026-11-24T10:00:00.000Z" });
  rig.deploy([]);
  return rig;
};

const batchAccount = (rig: Rig, name: string, tags: Record<string, string>) => {
  const ref = rig.batch.addAccount(name);
  rig.batch.of(ref.resourceId).tags = tags;
  return ref;
};

describe("the coverage", () => {
  it("names the accounts with shared keys that no rotator handles, and when that was known", async () => {
    const rig = aRig();
    const other = batchAccount(rig, "untagged", {});
    batchAccount(rig, "found", tagged());
    batchAccount(rig, "wrong", tagged("render-api", "gold"));
    rig.batch.of(batchAccount(rig, "entra", {}).resourceId).modes = ["AAD"];
    await rig.tick();
    rig.clock.advance(minutes(5));
    expect(await readCoverage(rig.app)).toEqual({
      unprotected: [
        { resourceId: other.resourceId, name: "untagged", reason: "NotTagged" },
        { resourceId: expect.stringMatching(/wrong$/), name: "wrong", reason: "TagInvalid" },
      ],
      switchable: [],
      checkedAt: "2026-11-24T10:00:00.000Z",
    });
  });

  it("is logged once a day, by one of all processes", async () => {
    const rig = aRig();
    batchAccount(rig, "untagged", {});
    const other = new Rig({ discovery: aDiscovery(), world: rig.world });
    other.deploy([]);
    for (let hour = 0; hour < 25; hour += 1) {
      await rig.tick();
      await other.tick();
      rig.clock.advance(hours(1));
    }
    const lines = [...rig.logged("Coverage"), ...other.logged("Coverage")];
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ unprotected: 1, problems: 0, names: ["untagged"], checkedAt: expect.any(String) });
  });

  it("names an account whose consumers have been silent for 30 days, and none that may be in use", async () => {
    const rig = aRig();
    batchAccount(rig, "renderweu", tagged());
    await rig.tick();
    const config = rig.app.accounts.find("renderweu");
    if (config === null) throw new Error("not found");
    const place = new Place(rig, config);
    await place.confirm();
    const silent = async () => (await readCoverage(rig.app)).switchable.map(({ account }) => account);
    rig.clock.advance(days(30) - 1);
    expect(await silent()).toEqual([]);
    rig.clock.advance(2);
    expect(await readCoverage(rig.app)).toMatchObject({
      switchable: [{ account: "renderweu", resourceId: config.batch.resourceId, since: expect.any(String) }],
    });
    await place.report();
    expect(await silent()).toEqual([]);
  });

  it("and the status say since when nothing has used the keys; what cannot be read may show a use", async () => {
    const rig = new Rig();
    const place = await rig.place().adopt();
    const since = rig.clock.at;
    const unused = async () => [
      (await readCoverage(rig.app)).switchable.map((account) => account.since),
      (await readStatus(rig.app, place.config)).keysUnusedSince,
    ];
    rig.clock.advance(days(30));
    expect(await unused()).toEqual([[since], since]);
    rig.unavailable("history.newestOf", 2);
    expect(await unused()).toEqual([[], null]);
    const [first] = place.events;
    if (first === undefined) throw new Error("an adopted account has events");
    rig.tables.history.get(place.name)?.push({ ...first, event: "KeysListed", at: rig.clock.at });
    expect(await unused()).toEqual([[], null]);
  });

  it("names no account without consumers: nothing shows whether its keys are used", async () => {
    const rig = new Rig();
    const place = rig.place({ gate: { mode: "delay", delayMs: minutes(1), consumers: [] } });
    await rig.tick();
    await rig.tickAfter(hours(1));
    await rig.tickAfter(hours(1));
    expect(place.phase).toBe("idle");
    rig.clock.advance(days(31));
    expect(await readCoverage(rig.app)).toEqual({ unprotected: [], switchable: [], checkedAt: null });
  });
});
