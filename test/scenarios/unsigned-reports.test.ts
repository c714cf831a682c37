import { aConsumer } from "../builders/account";
import { minutes } from "../builders/time";
import { type Place, Rig } from "../rig/rig";

afterEach(() => jest.restoreAllMocks());

/** Published, `vm-1` signs that it is still on the old version. Proof is optional, which is the default. */
const signingOnTheOldKey = async (): Promise<{ readonly place: Place; readonly old: string }> => {
  const place = new Rig().place({ gate: { soakMs: 0, consumers: [aConsumer()] } });
  await place.rig.tick();
  await place.report({ proven: true });
  await place.rig.tick();
  const old = place.newest().version;
  await place.rotate();
  await place.report({ version: old, proven: true });
  return { place, old };
};

test("any caller reports the new version for an instance that signs the old one: the gate stays shut", async () => {
  const { place, old } = await signingOnTheOldKey();
  for (let minute = 0; minute < 30; minute += 1) {
    await place.report({ proven: false });
    await place.report({ version: old, proven: true });
    await place.report({ proven: false });
    await place.rig.tick();
    place.rig.clock.advance(minutes(1));
  }
  expect(place.phase).toBe("published");
  expect(place.accepts(place.versions()[0]?.value ?? "")).toBe(true);
  await place.report({ proven: true });
  expect(place.phase).toBe("idle");
});

test("an unsigned report that a signing instance is unhealthy shuts the gate until its next signed one", async () => {
  const place = new Rig().place({ gate: { consumers: [aConsumer()] } });
  await place.rig.tick();
  await place.report({ proven: true });
  await place.report({ healthy: false });
  place.rig.clock.advance(minutes(10));
  await place.report();
  await place.rig.tick();
  expect(place.phase).toBe("adopting");
  await place.confirm({ proven: true });
  expect(place.phase).toBe("idle");
});
