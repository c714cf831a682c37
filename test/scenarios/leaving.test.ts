import { readStatus } from "../../lib/operations/status/read-status";
import { aConsumer } from "../builders/account";
import { minutes } from "../builders/time";
import { aReport } from "../builders/report";
import { type Place, Rig } from "../rig/rig";

afterEach(() => jest.restoreAllMocks());

interface Crew {
  readonly proven: boolean;
  readonly proof?: "optional" | "required";
  readonly instances?: number;
}

/** Published: the service `vm-1` is on the new version, and the command `run-1` still works with the old one. */
const commandOnTheOldKey = async ({ proven, proof = "optional", instances = 1 }: Crew) => {
  const place = new Rig().place({ gate: { soakMs: 0, consumers: [aConsumer({ proof, instances })] } });
  await place.rig.tick();
  await place.report({ proven });
  await place.rig.tick();
  const old = place.newest().version;
  await place.report({ instance: "run-1", proven });
  await place.rotate();
  await place.report({ proven });
  await place.rig.tick();
  expect(place.phase).toBe("published");
  return { place, old };
};

const accepts = (place: Place): boolean => place.accepts(place.versions()[0]?.value ?? "");

test.each([
  ["proven", true],
  ["unproven, of an instance that never proves itself,", false],
])("a rotation waits for a command on the old key and ends with its report of leaving, %s", async (_what, proven) => {
  const { place, old } = await commandOnTheOldKey({ proven });
  await place.report({ instance: "run-1", version: old, proven });
  await place.rig.tick();
  expect([place.phase, accepts(place)]).toEqual(["published", true]);
  await place.report({ instance: "run-1", version: old, proven, leaving: true });
  await place.rig.tick();
  expect([place.phase, accepts(place)]).toEqual(["idle", false]);
});

test.each(["optional", "required"] as const)(
  "any caller reports that an instance that signs has ended: the gate stays shut (proof %s)",
  async (proof) => {
    const { place, old } = await commandOnTheOldKey({ proven: true, proof });
    await place.report({ instance: "run-1", version: old, leaving: true });
    await place.report({ instance: "run-1", leaving: true });
    await place.rig.tick();
    expect([place.phase, accepts(place)]).toEqual(["published", true]);
    await place.report({ instance: "run-1", version: old, proven: true, leaving: true });
    await place.rig.tick();
    expect(place.phase).toBe("idle");
  },
);

test("where the gate demands proofs, an unproven report of leaving ends no instance, signed or not", async () => {
  const consumers = [aConsumer({ instances: 0 })];
  const place = new Rig().place({ gate: { soakMs: 0, leastEvidence: "proof", consumers } });
  await place.rig.tick();
  await place.report({ proven: false });
  await place.rig.tick();
  expect(await readStatus(place.rig.app, place.config)).toMatchObject({ waitingFor: { reason: "EvidenceTooWeak" } });
  await place.report({ proven: false, leaving: true });
  await place.rig.tick();
  expect(place.phase).toBe("adopting");
  await place.report({ proven: true, leaving: true });
  await place.rig.tick();
  expect(place.phase).toBe("idle");
});

test("where none has to run, a rotation waits for the command that runs, and goes on when it has ended", async () => {
  const place = new Rig().place({ gate: { soakMs: minutes(1), consumers: [aConsumer({ instances: 0 })] } });
  await place.rig.tick();
  expect(place.phase).toBe("adopting");
  await place.confirm({ proven: true });
  const old = place.newest().version;
  await place.rotate();
  await place.report({ version: old, proven: true });
  place.rig.clock.advance(minutes(5));
  await place.rig.tick();
  expect(place.phase).toBe("published");
  await place.report({ version: old, proven: true, leaving: true });
  await place.rig.tick();
  expect(place.phase).toBe("published");
  place.rig.clock.advance(minutes(1));
  await place.rig.tick();
  expect(place.phase).toBe("idle");
});

test("a command that nothing is known of may end where its consumer has no room for it", async () => {
  const place = await new Rig().place({ gate: { consumers: [aConsumer()] } }).adopt();
  const sentAt = place.rig.clock.at;
  for (let index = 0; index < 10_000; index += 1) {
    const instance = `run-${index}`;
    const report = aReport({ instance, at: sentAt, receivedAt: sentAt, secretVersion: place.newest().version });
    place.rig.tables.signals.get(place.name)?.set(`render-api:${instance}`, report);
  }
  place.rig.clock.advance(minutes(11));
  await place.report({ instance: "one-more", leaving: true });
  expect(
    [...(place.rig.tables.signals.get(place.name)?.keys() ?? [])].filter((key) => /refused|one-more/.test(key)),
  ).toEqual([]);
});
