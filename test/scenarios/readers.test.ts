import { aConsumer } from "../builders/account";
import { hours, minutes } from "../builders/time";
import { FakeAuditLog, type FakeRead } from "../fakes/world/fake-audit-log";
import { startProcess } from "../fakes/world/start-process";
import { type AccountOptions, type Place, Rig } from "../rig/rig";

afterEach(() => jest.restoreAllMocks());

const identity = "11111111-1111-4111-8111-111111111111";
const stranger = "99999999-9999-4999-8999-999999999999";
const named = { consumers: [aConsumer({ identity })] };

const open = (options: AccountOptions = {}) => {
  const rig = new Rig();
  const log = new FakeAuditLog();
  rig.world.auditLog = log;
  const place = rig.place({ ...options, gate: { ...named, ...options.gate } });
  const reads = (changes: Partial<FakeRead> = {}): void =>
    log.read(place.config.secret, { identity, version: place.newest().version, at: rig.clock.at, ...changes });
  return { rig, log, place, reads };
};

const reasonOf = async ({ rig, config }: Place): Promise<string> => {
  const { readStatus } = await import("../../lib/operations/status/read-status");
  return (await readStatus(rig.app, config)).waitingFor?.reason ?? "none";
};

/** Published, and reported by its consumer, which then starts again with the version that its configuration names. */
const onOldVersion = async (options?: AccountOptions) => {
  const opened = open(options);
  const { rig, place, reads } = opened;
  await place.adopt();
  const old = place.newest().version;
  await place.rotate();
  await place.report();
  rig.clock.advance(minutes(1));
  reads({ version: old });
  return opened;
};

test("the log is asked at gates only, at most every 15 minutes, by all processes together", async () => {
  const { rig, log, place } = open();
  await rig.tick();
  expect(log.asked).toBe(1);
  await rig.ticking(hours(1));
  expect([place.phase, log.asked]).toEqual(["adopting", 5]);
  const other = startProcess(rig.world, rig.accounts, { name: "p2" });
  rig.clock.advance(minutes(15));
  await Promise.all([rig.tick(), other.ticker.tick()]);
  expect(log.asked).toBe(6);
  await place.confirm();
  await rig.tick();
  expect(place.phase).toBe("idle");
  const before = log.asked;
  await rig.ticking(hours(2));
  expect(log.asked).toBe(before);
});

test("a consumer that last read the old version keeps the old key alive until it reads the new one", async () => {
  const { rig, place, reads } = await onOldVersion();
  rig.clock.advance(minutes(13));
  await rig.tick();
  expect([place.phase, await reasonOf(place)]).toEqual(["published", "OnPreviousKey"]);
  reads();
  await rig.tickAfter(minutes(5));
  expect(place.phase).toBe("published");
  await rig.ticking(minutes(25), () => place.report());
  expect(place.phase).toBe("idle");
});

test("or until it reports the new one, without another question to the log", async () => {
  const { rig, log, place } = await onOldVersion();
  await rig.tickAfter(minutes(13));
  expect(await reasonOf(place)).toBe("OnPreviousKey");
  const asked = log.asked;
  await place.report();
  expect(await reasonOf(place)).toBe("none");
  await rig.tick();
  expect([place.phase, log.asked]).toEqual(["idle", asked]);
});

test("while the log does not answer, what it has shown stays", async () => {
  const { rig, log, place, reads } = await onOldVersion({ gate: { ...named, signalFreshnessMs: hours(12) } });
  await rig.tickAfter(minutes(14));
  log.isDenied = true;
  reads();
  await rig.ticking(hours(2));
  expect([place.phase, await reasonOf(place)]).toEqual(["published", "OnPreviousKey"]);
  expect(rig.logged("LookFailed")[0]).toMatchObject({ kind: "readers", account: place.name });
  log.isDenied = false;
  await rig.ticking(minutes(15));
  expect(place.phase).not.toBe("published");
});

test("adoption records who has read the secret, with the consumers that they would make, once", async () => {
  const { rig, place, reads } = open();
  const resource = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/render-web";
  reads();
  reads({ identity: stranger, resource });
  await rig.tick();
  await rig.ticking(hours(1));
  await place.confirm();
  expect(place.eventsOf("ReadersFound")).toMatchObject([
    {
      detail:
        "2 identities have read the secret by the vault's audit log; those of the last 30 days that are no " +
        `configured consumers, for gate.consumers: { "name": "render-web", "identity": "${stranger}" }`,
      evidence: { readers: [{ identity }, { identity: stranger, resource }] },
    },
  ]);
});

describe("a reader that is no configured consumer", () => {
  it("is an alarm once, another one is a second alarm, and it ends when it is configured", async () => {
    const { rig, place, reads } = open({ remindEveryMs: hours(48) });
    await place.adopt();
    await place.rotate();
    reads({ identity: stranger });
    await rig.ticking(hours(1));
    reads({ identity: "88888888-8888-4888-8888-888888888888" });
    await rig.ticking(hours(1));
    expect(place.eventsOf("UnknownReader").map(({ detail }) => /identity (\d{8})/.exec(detail)?.[1])).toEqual([
      "99999999",
      "88888888",
    ]);
    // It lasts while nothing waits at a gate and the log is not asked.
    await place.confirm();
    await rig.ticking(hours(12));
    expect([place.phase, place.eventsOf("AlarmCleared")]).toEqual(["idle", []]);
    const consumers = ["a", "b"].map((name, i) => aConsumer({ name, identity: i === 0 ? stranger : `8${identity}` }));
    rig.deploy([{ ...place.config, gate: { ...place.config.gate, consumers: [...named.consumers, ...consumers] } }]);
    await rig.ticking(hours(7));
    expect(place.eventsOf("AlarmCleared")).toEqual([]);
  });

  it("keeps the old key alive where the configuration says so, until a person approves", async () => {
    const { rig, place, reads } = open({ gate: { ...named, unknownReaders: "hold" } });
    await rig.tick();
    await rig.tick();
    await place.confirm();
    await place.rotate();
    reads({ identity: stranger });
    rig.clock.advance(minutes(15));
    await place.confirm();
    expect([place.phase, await reasonOf(place)]).toEqual(["published", "UnknownReader"]);
    await place.order("approve", "it is the portal");
    await rig.tick();
    expect(place.phase).toBe("idle");
    expect(place.eventsOf("KeyRetired")[0]?.evidence).toMatchObject({
      override: expect.stringContaining("in spite of UnknownReader"),
      readersCount: 1,
      readers: [{ identity: stranger }],
    });
  });

  it("may be there as long as the log has not answered since the publication: then the old key lives on", async () => {
    const { rig, log, place } = open({ gate: { ...named, unknownReaders: "hold" } });
    await rig.tick();
    await rig.tick();
    await place.confirm();
    expect(place.phase).toBe("idle");
    log.isDenied = true;
    rig.clock.advance(hours(1));
    await place.rotate();
    await place.confirm();
    expect([place.phase, await reasonOf(place)]).toEqual(["published", "UnknownReader"]);
    log.isDenied = false;
    await rig.ticking(minutes(15), () => place.report());
    expect(place.phase).toBe("idle");
  });
});
