import { TransientServiceError } from "../../lib/errors";
import { aConsumer } from "../builders/account";
import { days, hours, minutes, seconds } from "../builders/time";
import type { Operation } from "../fakes/world/faults";
import type { AccountOptions } from "../rig/rig";
import { adopt, passing, place, openRig, type ServedRig } from "../rig/served-place";

let rig: ServedRig;
beforeEach(async () => {
  rig = await openRig();
});

const adopted = async (options: AccountOptions = {}) => {
  const at = place(rig, { ...options, gate: { consumers: [aConsumer({ instances: 2 })], ...options.gate } });
  const vms = [at.vm(1), at.vm(2)] as const;
  await adopt(at, vms);
  return { at, vms };
};
const busy = () => new TransientServiceError({ operation: "Batch regenerateKeys", statusCode: 429 }, minutes(2));
const leaked = { reason: "the key was in a public log", retireAfter: "PT15M" };

test("with prompt consumers the rotation needs no tick: the request publishes, and signals advance it", async () => {
  const { at, vms } = await adopted({ gate: { soakMs: 0 } });
  const [startedAt, old] = [rig.clock.now().getTime(), at.newest()];
  expect(await at.rotate(leaked)).toMatchObject({ status: 202, body: { phase: "published" } });
  await vms[0].refresh().report();
  expect(await at.phase()).toBe("published");
  const last = await vms[1].refresh().report();
  expect(last.body).toEqual({ account: at.name, accepted: true, waitingFor: null });
  expect(await at.status()).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });
  expect(at.accepts(old.value)).toBe(false);
  expect(at.versions()[0]?.enabled).toBe(false);
  expect(rig.clock.now().getTime() - startedAt).toBeLessThan(10);
});

test("with a soak the rotation ends at the first signal after it", async () => {
  const { at, vms } = await adopted({ gate: { soakMs: minutes(10) } });
  await at.rotate(leaked);
  for (const vm of vms) await vm.refresh().report();
  await passing(rig, minutes(10), vms);
  expect(await at.phase()).toBe("idle");
});

test("signals advance the rotation without a tick where Batch is slow with both keys", async () => {
  const { at, vms } = await adopted({ gate: { soakMs: 0 } });
  const [one, two] = vms;
  const old = at.newest();
  const slow = rig.faults.onEffect((operation) => {
    if (operation === "batch.regenerate") rig.batch.setRefused(at.keys().secondary, true);
  });
  expect(await at.rotate(leaked)).toMatchObject({
    body: { phase: "regenerated", waitingFor: { reason: "NewKeyNotAcceptedYet" } },
  });
  slow();
  rig.clock.advance(seconds(20));
  expect((await one.report()).body).toMatchObject({ waitingFor: { reason: "NewKeyNotAcceptedYet" } });
  rig.batch.setRefused(at.keys().secondary, false);
  rig.clock.advance(seconds(20));
  expect((await one.report()).body).toMatchObject({ waitingFor: { reason: "KeyListStale" } });
  rig.clock.advance(seconds(80));
  expect((await one.report()).body).toMatchObject({ waitingFor: { reason: "OnPreviousKey" } });
  expect(await at.phase()).toBe("published");

  rig.batch.setLingering(old.value, true);
  await one.refresh().report();
  expect((await two.refresh().report()).body).toMatchObject({ waitingFor: { reason: "OldKeyStillAccepted" } });
  rig.batch.setLingering(old.value, false);
  rig.clock.advance(seconds(20));
  expect((await one.report()).body).toMatchObject({ accepted: true, waitingFor: null });
  expect(await at.status()).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });
  expect(at.eventsOf("KeyRegenerated")).toHaveLength(1);
});

test("the first signal after the backoff retries a failed step, and none before", async () => {
  const { at, vms } = await adopted({ gate: { soakMs: 0 } });
  rig.faults.add("batch.regenerate", { when: "before", error: busy, times: 1 });
  await at.rotate(leaked);
  const triedAt = rig.clock.now().getTime();
  rig.clock.advance(minutes(2) - 2);
  expect((await vms[0].report()).body).toMatchObject({ waitingFor: { reason: "BackingOff" } });
  expect(rig.clock.now().getTime() - triedAt).toBe(minutes(2) - 1);
  expect((await vms[1].report()).body).toMatchObject({ waitingFor: { reason: "OnPreviousKey" } });
  expect(await at.phase()).toBe("published");
});

test("any number of signals while Batch is slow cause at most one call to Batch in five seconds", async () => {
  const { at, vms } = await adopted({ gate: { soakMs: 0 } });
  const slow = rig.faults.onEffect((operation) => {
    if (operation === "batch.regenerate") rig.batch.setRefused(at.keys().secondary, true);
  });
  await at.rotate(leaked);
  slow();
  const asked: Operation[] = [];
  rig.faults.onEffect((operation) => asked.push(operation));
  for (let signals = 0; signals < 600; signals += 1) {
    rig.clock.advance(100);
    await vms[signals % 2 === 0 ? 0 : 1].report();
  }
  const times = (operation: Operation): number => asked.filter((each) => each === operation).length;
  expect(times("batch.readKeys")).toBeGreaterThan(0);
  expect(times("batch.readKeys")).toBeLessThanOrEqual(12);
  expect(times("batch.regenerate")).toBe(0);
  expect(await at.waitingFor()).toMatchObject({ reason: "NewKeyNotAcceptedYet" });
});

test("settleOn primary: signals advance the rotation through the settling phase too", async () => {
  const { at, vms } = await adopted({ settleOn: "primary", gate: { soakMs: 0 } });
  await at.rotate(leaked);
  for (const vm of vms) await vm.refresh().report();
  expect(await at.phase()).toBe("settling");
  for (const vm of vms) await vm.refresh().report();
  expect(await at.status()).toMatchObject({ phase: "idle", activeSlot: "primary" });
  expect(at.keys().primary).toBe(at.newest().value);
});

test("the old key is retired exactly at retireAt; the history names the consumers that have not moved", async () => {
  const { at, vms } = await adopted({ window: { days: ["Sun"], from: "01:00", to: "02:00", timeZone: "UTC" } });
  const old = at.newest();
  await at.rotate(leaked);
  const { rotation } = await at.status();
  expect(rotation).toMatchObject({ retireAfter: "PT15M" });
  expect(Date.parse(rotation?.retireAt ?? "") - Date.parse(rotation?.publishedAt ?? "")).toBe(minutes(15));
  await vms[0].refresh().report();
  rig.clock.to(Date.parse(rotation?.retireAt ?? "") - 2);
  await vms[1].report();
  await rig.surface.tick();
  expect(await at.phase()).toBe("published");
  expect(at.accepts(old.value)).toBe(true);
  await rig.tickAfter(1);
  expect(await at.phase()).toBe("idle");
  expect(at.accepts(old.value)).toBe(false);
  expect(at.eventsOf("KeyRetired")[0]?.detail).toMatch(
    /retireAfter has passed at \S+, in spite of OnPreviousKey: render-api\/vm-2/,
  );
});

test("retireAfter opens the gate in the modes approval and delay too, but not while paused", async () => {
  for (const gate of [{ mode: "approval" }, { mode: "delay", delayMs: days(7) }] as const) {
    rig = await openRig();
    const at = place(rig, { gate: { ...gate, consumers: [], soakMs: 0 } });
    await rig.surface.tick();
    await at.order("approve");
    await rig.tickAfter(days(7));
    expect(await at.phase()).toBe("idle");
    await at.rotate(leaked);
    await at.order("pause");
    await rig.tickAfter(hours(1));
    expect(await at.phase()).toBe("published");
    await at.order("resume");
    expect(await at.phase()).toBe("idle");
  }
});

test("two concurrent signals that both open the gate are both stored, and the key is retired once", async () => {
  const { at, vms } = await adopted({ gate: { soakMs: 0 } });
  await at.rotate(leaked);
  const signals = vms.map((vm) => vm.refresh().signal());
  const answers = await Promise.all(signals.map((signal) => at.post(signal)));
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  expect(await at.phase()).toBe("idle");
  expect(at.eventsOf("KeyRetired")).toHaveLength(1);
});
