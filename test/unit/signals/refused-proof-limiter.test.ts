import { RefusedProofLimiter } from "../../../lib/signals/refused-proof-limiter";
import { receiveSignal } from "../../../lib/signals/receive-signal";
import { days, minutes, seconds } from "../../builders/time";
import { type Place, Rig } from "../../rig/rig";
import { VirtualClock } from "../../fakes/world/virtual-clock";
import { words } from "../../builders/words";

afterEach(() => jest.restoreAllMocks());

const refused = (proofs: RefusedProofLimiter, count: number, consumer = "render-api") =>
  Array.from({ length: count }, () => proofs.add("render-weu", consumer));

describe("signals with a wrong proof", () => {
  const clock = new VirtualClock();

  it("are recorded up to five in five minutes, and counted beyond that", () => {
    const proofs = new RefusedProofLimiter(clock);
    expect(refused(proofs, 8).map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 5 }, () => "recorded"),
      "first",
      "counted",
      "counted",
    ]);
    clock.advance(minutes(5) - 1);
    expect(refused(proofs, 1)).toEqual([{ kind: "counted", more: 0 }]);
    clock.advance(1);
    expect(refused(proofs, 2)).toEqual([
      { kind: "recorded", more: 4 },
      { kind: "recorded", more: 0 },
    ]);
  });

  it("of one consumer take nothing from another's", () => {
    const proofs = new RefusedProofLimiter(clock);
    refused(proofs, 20);
    expect(refused(proofs, 1, "nightly-etl")).toEqual([{ kind: "recorded", more: 0 }]);
    expect(proofs.add("other-weu", "render-api")).toEqual({ kind: "recorded", more: 0 });
  });

  it("are recorded again after a clock was set back", () => {
    let now = Date.parse("2026-11-24T10:00:00.000Z");
    const proofs = new RefusedProofLimiter({ now: () => new Date(now) });
    refused(proofs, 6);
    now -= minutes(5);
    expect(refused(proofs, 1)).toEqual([{ kind: "recorded", more: 1 }]);
  });
});

const flood = async ({ rig, config }: Place, count: number): Promise<void> => {
  const secretVersion = rig.vault.versions(config.secret)[0]?.version ?? "";
  for (let nth = 1; nth <= count; nth++) {
    const at = rig.clock.at;
    const claims = { consumer: "render-api", instance: `vm-${nth}`, secretVersion, healthy: true, leaving: false };
    const received = await receiveSignal(rig.app, config, { ...claims, at, detail: null, proof: "d3Jvbmc=" });
    expect(received).toMatchObject({ kind: "refused", status: 403, reason: "ProofRefused" });
    rig.clock.advance(seconds(0.1));
  }
};

it("write five history rows and one log line in a flood, and the next row states the number", async () => {
  const place = await new Rig().place().adopt();
  const { rig } = place;
  const writes: string[] = [];
  await flood(place, 5);
  rig.faults.onEffect((operation) => void (/replace|append/.test(operation) && writes.push(operation)));
  await flood(place, 995);
  expect(writes).toEqual([]);
  expect(place.eventsOf("ProofRefused")).toHaveLength(5);
  expect(rig.logged("ProofRefused").map(({ level }) => level)).toEqual(words("info info info info info warn"));
  rig.clock.advance(minutes(5));
  await flood(place, 1);
  expect(place.eventsOf("ProofRefused").at(-1)).toMatchObject({
    by: "signal:render-api",
    detail: expect.stringMatching(/render-api\/vm-1 .*; 995 more of render-api before it$/),
  });
});

it("write twenty history rows of a consumer in a day, whatever the number of processes and restarts", async () => {
  const place = await new Rig({ startsAt: "2026-11-24T00:00:00.000Z" }).place().adopt();
  const { rig } = place;
  const rows = () => place.eventsOf("ProofRefused").length;
  for (let restarts = 0; restarts < 30; restarts += 1) {
    rig.start();
    await flood(place, 6);
    rig.clock.advance(minutes(5));
  }
  expect(rows()).toBe(20);
  expect(rig.logged("ProofRefused").at(-1)).toMatchObject({
    level: "warn",
    detail: expect.stringMatching(/further ones are counted and reported with a later one$/),
  });
  rig.clock.advance(days(1));
  await flood(place, 1);
  expect(rows()).toBe(21);
});
