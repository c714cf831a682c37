import { aConsumer } from "../builders/account";
import { minutes } from "../builders/time";
import { openRig, type Place, place, type ServedRig } from "../rig/served-place";

let rig: ServedRig;
let at: Place;
beforeEach(async () => {
  rig = await openRig();
  at = place(rig, { gate: { consumers: [aConsumer({ name: "nightly-etl" }), aConsumer()] } });
  await rig.surface.tick();
});

const own = () => at.instance("render-api", "vm-1");
const other = () => at.instance("nightly-etl", "secret-host");

/** What the answer to a signal of render-api says; it never names another consumer. */
const answerTo = async (changes: { readonly healthy?: boolean } = {}) => {
  rig.clock.advance(1);
  const { status, body } = await at.post(own().signal(changes));
  expect(status).toBe(202);
  expect(JSON.stringify(body)).not.toMatch(/nightly-etl|secret-host|ada|not for apps/);
  return body;
};

describe("the answer to a signal shows only the sender's own consumer", () => {
  test("its state where it is not good, even if another comes first", async () => {
    await other().report({ healthy: false });
    expect(await answerTo({ healthy: false })).toMatchObject({
      waitingFor: { reason: "Unhealthy", detail: expect.stringContaining("render-api/vm-1 is unhealthy") },
    });
  });

  test("that another is not good, without name, instance and state", async () => {
    await other().report({ healthy: false });
    expect(await answerTo()).toMatchObject({
      waitingFor: {
        reason: "Unhealthy",
        detail: "another consumer of this account is not good on the published version",
      },
    });
  });

  test("the end of the soak, without the consumer that was good last", async () => {
    await answerTo();
    rig.clock.advance(minutes(1));
    await other().report();
    const { at: since } = rig.clock;
    const ends = new Date(rig.clock.now().getTime() + minutes(10)).toISOString();
    expect(await answerTo()).toMatchObject({
      waitingFor: {
        reason: "SoakNotElapsed",
        detail: `all consumers have been good since ${since}; the soak of PT10M ends at ${ends}`,
      },
    });
  });

  test("a pause, without who paused it and why", async () => {
    await at.order("pause", "not for apps");
    expect(await answerTo()).toMatchObject({
      waitingFor: { reason: "Paused", detail: expect.stringMatching(/^the account has been paused since /) },
    });
  });

  test("that a driver works on it, without the consumer that has started it", async () => {
    const stored = rig.tables.rotations.get(at.name);
    if (stored === undefined) throw new Error("there is no record");
    await answerTo();
    await other().report();
    rig.clock.advance(minutes(10));
    await other().report();
    const now = rig.clock.at;
    const until = new Date(rig.clock.now().getTime() + minutes(20)).toISOString();
    const claim = { id: "claim-1", by: "signal:nightly-etl", takenAt: now, until, intent: null };
    rig.tables.restore({ ...stored.record, claim });
    expect(await answerTo()).toMatchObject({
      waitingFor: { reason: "Claimed", detail: `a driver has worked on the account since ${now}` },
    });
  });
});
