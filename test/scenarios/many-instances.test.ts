import { aConsumer } from "../builders/account";
import { days, hours, minutes } from "../builders/time";
import { aReport } from "../builders/report";
import { type Place, Rig } from "../rig/rig";
import { receiveSignal } from "../../lib/signals/receive-signal";

afterEach(() => jest.restoreAllMocks());

/** Reports of instances that were last heard of at this time. */
const seed = ({ rig, name }: Place, count: number, sentAt: string, consumer = "render-api"): void => {
  for (let index = 0; index < count; index += 1) {
    const instance = `run-${String(index).padStart(6, "0")}`;
    const change = { consumer, instance, at: sentAt, receivedAt: sentAt, secretVersion: version(rig, name) };
    rig.tables.signals.set(
      name,
      (rig.tables.signals.get(name) ?? new Map()).set(`${consumer}:${instance}`, aReport(change)),
    );
  }
};

const version = (rig: Rig, name: string): string => {
  const config = rig.accounts.find((account) => account.name === name);
  return config === undefined ? "" : (rig.vault.versions(config.secret).at(-1)?.version ?? "");
};

const signalOf = (place: Place, instance: string) => ({
  consumer: "render-api",
  instance,
  secretVersion: place.newest().version,
  healthy: true,
  at: place.rig.clock.at,
  detail: null,
  leaving: false,
  proof: null,
});

const post = (place: Place, instance: string) => receiveSignal(place.rig.app, place.config, signalOf(place, instance));

test("150,000 rows of one consumer stop neither tick, status nor signal", async () => {
  const place = new Rig().place({ gate: { consumers: [aConsumer()], forgetInstanceAfterMs: hours(1) } });
  await place.rig.tick();
  seed(place, 150_000, place.rig.clock.at);
  expect(await post(place, "run-000000")).toMatchObject({ kind: "received" });
  await place.rig.tick();
  expect(place.rig.logged("AccountFailed")).toEqual([]);
  expect(place.rig.logged("NotificationDelayed")).toEqual([]);
  place.rig.clock.advance(hours(2));
  await place.confirm();
  expect(place.phase).toBe("idle");
  expect(place.rig.logged("AccountFailed")).toEqual([]);
});

test("the 10,001st instance is refused with the remedy, and the gate waits until it is forgotten", async () => {
  const rig = new Rig();
  const place = rig.place({ gate: { soakMs: 0, consumers: [aConsumer()], signalFreshnessMs: days(1) } });
  await rig.tick();
  seed(place, 10_000, rig.clock.at);
  seed(place, 500, rig.clock.at, "another-consumer");
  rig.clock.advance(minutes(1));
  expect(await post(place, "one-more")).toEqual({
    kind: "refused",
    status: 429,
    reason: "TooManyInstances",
    at: "/instance",
    detail:
      "is a new one, and render-api has 10,000 already, the most that are kept: give each instance a name that stays " +
      "the same when it restarts, shorten forgetInstanceAfter, or divide the app into several consumers",
  });
  await rig.tick();
  expect(place.phase).toBe("adopting");
  expect(await post(place, "run-000000")).toMatchObject({ answer: { waitingFor: { reason: "InstancesMissing" } } });
  // The refused one and the others are forgotten; the one that has reported since is not.
  rig.clock.advance(days(1) - minutes(1));
  expect(await post(place, "run-000000")).toMatchObject({ answer: { accepted: true } });
  rig.clock.advance(minutes(2));
  expect(await post(place, "run-000001")).toMatchObject({ answer: { accepted: true } });
  expect(await post(place, "one-more")).toMatchObject({ answer: { accepted: true } });
  await rig.tick();
  expect(place.phase).toBe("idle");
});

test("rows of instances that are forgotten are removed with the full comparison, whatever crashes", async () => {
  const rig = new Rig();
  const place = await rig.place({ gate: { forgetInstanceAfterMs: hours(1) } }).adopt();
  seed(place, 40, rig.clock.at);
  rig.clock.advance(hours(5));
  await place.report();
  rig.clock.advance(hours(1));
  await rig.crash({ at: "after", operation: "signals.removeOver", nth: 11 }, () => rig.tick());
  const left = rig.tables.reports(place.name).length;
  expect(left).toBeGreaterThan(1);
  rig.clock.advance(hours(7));
  await place.report();
  await rig.tick();
  expect(rig.tables.reports(place.name).map(({ instance }) => instance)).toEqual(["vm-1"]);
});
