import { aReport } from "../builders/report";
import { aConsumer } from "../builders/account";
import { days, hours, minutes } from "../builders/time";
import type { AccountOptions } from "../rig/rig";
import { adopt, type Instance, type Place, passing, place, plus, openRig, type ServedRig } from "../rig/served-place";

let rig: ServedRig;
beforeEach(async () => {
  rig = await openRig();
});

interface Staged {
  readonly at: Place;
  readonly vms: readonly [Instance, Instance, Instance];
}

/** Three instances of `render-api` on the previous key, and a rotation that waits for them. */
const published = async (gate: AccountOptions["gate"] = {}): Promise<Staged> => {
  const at = place(rig, { gate: { consumers: [aConsumer({ instances: 3 })], soakMs: 0, ...gate } });
  const vms = [at.vm(1), at.vm(2), at.vm(3)] as const;
  await adopt(at, vms);
  await at.rotate();
  return { at, vms };
};

test("one instance of three keeps the old key alive until its first signal on the new key", async () => {
  const { at, vms } = await published({ soakMs: minutes(10) });
  const [one, two, three] = vms;
  const oldKey = three.held.value;
  one.refresh();
  two.refresh();
  for (let step = 0; step < 24 * 6; step += 1) {
    rig.clock.advance(minutes(10));
    for (const vm of vms) await vm.report();
    if (step % 12 === 0) await rig.surface.tick();
    expect(at.accepts(oldKey)).toBe(true);
  }
  expect(await at.status()).toMatchObject({
    phase: "published",
    stalled: true,
    waitingFor: { reason: "OnPreviousKey", detail: expect.stringContaining("render-api/vm-3 reported version") },
  });

  await three.refresh().report();
  expect(await at.waitingFor()).toMatchObject({ reason: "SoakNotElapsed" });
  rig.clock.advance(minutes(10));
  for (const vm of vms) await vm.report();
  expect(await at.status()).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });
  expect(at.accepts(oldKey)).toBe(false);
});

test("a tick advances the rotation as a signal does", async () => {
  const { at, vms } = await published({ soakMs: minutes(10) });
  for (const vm of vms) await vm.refresh().report();
  await rig.tickAfter(minutes(10) - 3);
  expect(await at.phase()).toBe("published");
  await rig.tickAfter(3);
  expect(await at.phase()).toBe("idle");
});

describe("instances that stop", () => {
  test("an instance that falls silent on the old key is forgotten exactly after forgetInstanceAfter", async () => {
    const { at, vms } = await published({ forgetInstanceAfterMs: days(1), consumers: [aConsumer({ instances: 2 })] });
    const [one, two, three] = vms;
    await three.report();
    const { version } = three.held;
    const lastHeardAt = rig.clock.at;
    rig.clock.to(Date.parse(plus(lastHeardAt, days(1))) - 2);
    await one.refresh().report();
    await two.refresh().report();
    expect(rig.clock.at).toBe(plus(lastHeardAt, days(1)));
    expect(await at.waitingFor()).toMatchObject({
      reason: "SignalStale",
      detail: `render-api/vm-3 last reported at ${lastHeardAt}, on version ${version}, longer than PT15M ago`,
    });
    expect(await at.phase()).toBe("published");
    await one.report();
    expect(await at.phase()).toBe("idle");
  });

  test("the soak starts when the silent instance is forgotten", async () => {
    const { at, vms } = await published({
      forgetInstanceAfterMs: hours(1),
      soakMs: minutes(10),
      consumers: [aConsumer({ instances: 2 })],
    });
    const [one, two, three] = vms;
    await three.report();
    const forgottenAt = plus(rig.clock.at, hours(1));
    await passing(rig, hours(1), [one.refresh(), two.refresh()]);
    await one.report();
    await two.report();
    expect(await at.waitingFor()).toMatchObject({ reason: "SoakNotElapsed", since: forgottenAt });
    rig.clock.to(Date.parse(plus(forgottenAt, minutes(10))) - 2);
    await one.report();
    expect(await at.phase()).toBe("published");
    await two.report();
    expect(await at.phase()).toBe("idle");
  });

  test("an instance that last reported before the publication keeps the gate shut", async () => {
    const { at, vms } = await published({ consumers: [aConsumer({ instances: 1 })] });
    const [one, , three] = vms;
    rig.clock.advance(minutes(5));
    await one.refresh().report();
    expect(await at.waitingFor()).toMatchObject({
      reason: "OnPreviousKey",
      detail: expect.stringContaining(`vm-2 reported version ${three.held.version}`),
    });
  });

  test("a nightly job keeps the old key alive until the next night, under a new name each night", async () => {
    const gate = { consumers: [aConsumer({ name: "nightly-etl" })], soakMs: 0, forgetInstanceAfterMs: hours(48) };
    const at = place(rig, { gate: { ...gate, signalFreshnessMs: hours(36) } });
    await adopt(at, [at.instance("nightly-etl", "run-1")]);
    await at.rotate();
    rig.clock.advance(hours(23));
    expect(await at.waitingFor()).toMatchObject({ reason: "OnPreviousKey", detail: expect.stringContaining("run-1") });
    await at.instance("nightly-etl", "run-2").refresh().report();
    expect(await at.waitingFor()).toMatchObject({ reason: "OnPreviousKey", detail: expect.stringContaining("run-1") });
    rig.clock.advance(hours(25));
    await at.instance("nightly-etl", "run-3").refresh().report();
    expect(await at.phase()).toBe("idle");
  });
});

describe("instances that join", () => {
  test("an instance that joins on the new key neither restarts the soak nor needs a soak of its own", async () => {
    const { at, vms } = await published({ soakMs: minutes(10) });
    for (const vm of vms) await vm.refresh().report();
    const goodSince = rig.clock.at;
    await passing(rig, minutes(9), vms);
    await at.vm(4).refresh().report();
    expect(await at.waitingFor()).toMatchObject({ reason: "SoakNotElapsed", since: goodSince });
    rig.clock.advance(minutes(1));
    await vms[0].report();
    expect(await at.phase()).toBe("idle");
  });

  test("an instance that joins on the old key shuts the gate again", async () => {
    const { at, vms } = await published({ soakMs: minutes(10) });
    const late = at.vm(4);
    const old = vms[0].held;
    for (const vm of vms) await vm.refresh().report();
    await late.report({ version: old.version, proof: false });
    await passing(rig, minutes(11), vms);
    expect(await at.waitingFor()).toMatchObject({ reason: "OnPreviousKey", detail: expect.stringContaining("vm-4") });
    expect(at.accepts(old.value)).toBe(true);
  });

  test("an instance that replaces another under the same name counts from its own first signal", async () => {
    const { at, vms } = await published({ soakMs: minutes(10) });
    for (const vm of vms) await vm.refresh().report();
    await passing(rig, minutes(5), vms);
    rig.clock.advance(minutes(4));
    // The restarted instance has read the secret and is on the new version, so the soak is not broken.
    await at.vm(2).refresh().report();
    expect(await at.waitingFor()).toMatchObject({ reason: "SoakNotElapsed" });
    rig.clock.advance(minutes(1));
    for (const vm of vms) await vm.report();
    expect(await at.phase()).toBe("idle");
  });
});

const soaking = async () => {
  const staged = await published({ soakMs: minutes(60) });
  for (const vm of staged.vms) await vm.refresh().report();
  await passing(rig, minutes(20), staged.vms);
  return staged;
};

/** When the soak of one hour began, and the phase one minute before its end and at its end. */
const restOfSoak = async ({ at, vms }: Staged): Promise<readonly unknown[]> => {
  const since = (await at.waitingFor())?.since;
  await passing(rig, minutes(59), vms);
  const before = await at.phase();
  await passing(rig, minutes(1), vms);
  return [since, before, await at.phase()];
};

describe("the soak is uninterrupted", () => {
  test("a silence longer than the freshness restarts it", async () => {
    const staged = await soaking();
    const [one, two, three] = staged.vms;
    await passing(rig, minutes(15), [one, two]);
    rig.clock.advance(1);
    await three.report();
    const since = rig.clock.at;
    expect(await restOfSoak(staged)).toEqual([since, "published", "idle"]);
  });

  test("a silence as long as the freshness does not restart it", async () => {
    const staged = await soaking();
    const [one, two, three] = staged.vms;
    await three.report();
    const heardAt = rig.clock.at;
    for (const minute of [5, 10, 14]) {
      rig.clock.to(Date.parse(plus(heardAt, minutes(minute))));
      await one.report();
      await two.report();
    }
    rig.clock.to(Date.parse(plus(heardAt, minutes(15))) - 1);
    await three.report();
    await passing(rig, minutes(25), staged.vms);
    expect(await staged.at.phase()).toBe("idle");
  });

  test("an unhealthy signal restarts it", async () => {
    const staged = await soaking();
    await staged.vms[1].report({ healthy: false });
    await staged.vms[1].report();
    const since = rig.clock.at;
    expect(await restOfSoak(staged)).toEqual([since, "published", "idle"]);
  });

  test("a signal on the old key restarts it", async () => {
    const staged = await soaking();
    const [one] = staged.vms;
    await one.report({ version: staged.at.versions()[0]?.version ?? "", proof: false });
    await one.report();
    const since = rig.clock.at;
    expect(await restOfSoak(staged)).toEqual([since, "published", "idle"]);
  });

  test("a signal without a required proof restarts it", async () => {
    const staged = await published({
      soakMs: minutes(60),
      consumers: [aConsumer({ instances: 3, proof: "required" })],
    });
    for (const vm of staged.vms) await vm.refresh().report();
    await passing(rig, minutes(20), staged.vms);
    await staged.vms[2].report({ proof: false });
    expect(await staged.at.waitingFor()).toMatchObject({ reason: "ProofMissing" });
    await staged.vms[2].report();
    const since = rig.clock.at;
    expect(await restOfSoak(staged)).toEqual([since, "published", "idle"]);
  });
});

describe("which signal counts", () => {
  test("an earlier or equal instant never replaces a later one", async () => {
    const { at, vms } = await published();
    const [one] = vms;
    const early = one.signal();
    const [equal, later] = [one.signal({ at: plus(rig.clock.at, 5) }), one.signal({ at: plus(rig.clock.at, 6) })];
    rig.clock.advance(5);
    await one.refresh().report({ at: plus(rig.clock.at, -2) });
    expect(await at.post(early)).toMatchObject({ status: 202, body: { accepted: false } });
    expect(await at.post(equal)).toMatchObject({ status: 202, body: { accepted: false } });
    expect((await at.status()).consumers[0]?.instances[0]?.secretVersion).toBe(at.newest().version);
    expect(await at.post(later)).toMatchObject({ status: 202, body: { accepted: true } });
    expect((await at.status()).consumers[0]?.instances[0]?.secretVersion).toBe(at.versions()[0]?.version);
  });

  test("an unhealthy signal always counts, and does not move the instant back", async () => {
    const { at, vms } = await published();
    const [one] = vms;
    await one.refresh().report();
    const heardAt = rig.clock.at;
    const late = one.signal({ healthy: false, detail: "late", at: plus(heardAt, -minutes(2)) });
    expect(await at.post(late)).toMatchObject({ status: 202, body: { accepted: true } });
    expect((await at.status()).consumers[0]?.instances[0]).toMatchObject({ id: "vm-1", at: heardAt, healthy: false });
    await one.report();
    expect((await at.status()).consumers[0]?.instances[0]).toMatchObject({ healthy: true });
  });

  test("the sender's clock may deviate by at most five minutes in either direction", async () => {
    const { at, vms } = await published();
    const [one] = vms;
    one.refresh();
    for (const off of [-minutes(5), minutes(5)]) {
      const sent = one.signal({ at: plus(rig.clock.at, off + 1) });
      expect(await at.post(sent)).toMatchObject({ status: 202 });
    }
    for (const off of [-minutes(5) - 1, minutes(5) + 1]) {
      expect(await at.post(one.signal({ at: plus(rig.clock.at, off + 1) }))).toMatchObject({
        status: 400,
        body: { reason: "ClockSkew", problems: [{ at: "/at", problem: expect.stringContaining(rig.clock.at) }] },
      });
    }
  });

  test("an instant ahead of the rotator's clock is stored as the instant of receipt", async () => {
    const { at, vms } = await published();
    const [one] = vms;
    await one.refresh().report({ at: plus(rig.clock.at, minutes(4)) });
    expect((await at.status()).consumers[0]?.instances[0]).toMatchObject({ id: "vm-1", at: rig.clock.at });
  });

  test("a repeated signal from a fast clock is not accepted once its instance is on the old key again", async () => {
    const { at, vms } = await published({ soakMs: minutes(10) });
    const [one, two, goneBack] = vms;
    const onTheNew = at.vm(3).refresh();
    const ahead = (): string => plus(rig.clock.at, minutes(4));
    await one.refresh().report();
    await two.refresh().report();
    const [sent, late] = [onTheNew.signal({ at: ahead() }), onTheNew.signal({ at: ahead() })];
    expect(await at.post(sent)).toMatchObject({ body: { accepted: true, waitingFor: { reason: "SoakNotElapsed" } } });
    rig.clock.advance(1000);
    await goneBack.report({ at: ahead() });
    for (let seconds = 0; seconds < 240; seconds += 10) {
      for (const repeated of [sent, late])
        expect(await at.post(repeated)).toMatchObject({ status: 202, body: { accepted: false } });
      expect(await at.waitingFor()).toMatchObject({ reason: "OnPreviousKey", detail: expect.stringContaining("vm-3") });
      rig.clock.advance(10_000);
    }
    rig.clock.advance(minutes(1));
    await goneBack.report();
    expect(await at.waitingFor()).toMatchObject({ reason: "OnPreviousKey", detail: expect.stringContaining("vm-3") });
  });

  test("a version that the vault does not know is refused with UnknownSecretVersion, and nothing changes", async () => {
    const { at, vms } = await published();
    const before = await at.status();
    const answer = await at.post(vms[0].signal({ version: "f".repeat(32), proof: false }));
    expect(answer).toMatchObject({
      status: 400,
      body: { reason: "UnknownSecretVersion", problems: [{ at: "/secretVersion" }] },
    });
    expect(await at.status()).toEqual(before);
  });

  test("a disabled version counts as unproven, whatever the proof", async () => {
    const { at, vms } = await published();
    const [one] = vms;
    rig.vault.setEnabled(at.config.secret, one.held.version, false);
    rig.clock.advance(minutes(2));
    await one.report({ proof: true });
    expect((await at.status()).consumers[0]?.instances[0]).toMatchObject({ id: "vm-1", proven: false, healthy: true });
  });

  test("one instance more than 10,000 is refused with TooManyInstances", async () => {
    const { at, vms } = await published();
    const rows = Array.from({ length: 9_997 }, (_, index) => `run-${index}`);
    const now = rig.clock.at;
    rig.tables.signals.set(
      at.name,
      new Map([
        ...(rig.tables.signals.get(at.name) ?? []),
        ...rows.map((instance) => [`render-api:${instance}`, aReport({ instance, at: now })] as const),
      ]),
    );
    expect(await at.post(at.vm(4).signal())).toMatchObject({
      status: 429,
      headers: { "retry-after": "600" },
      body: {
        title: "Too many requests",
        reason: "TooManyInstances",
        detail: expect.stringMatching(/^instance is a new one, and render-api has 10,000 already/),
      },
    });
    expect(await at.post(vms[0].signal())).toMatchObject({ status: 202 });
  });

  test("a consumer that is not configured is refused with UnknownConsumer", async () => {
    const { at } = await published();
    expect(await at.post(at.instance("unlisted", "vm-1").signal())).toMatchObject({
      status: 400,
      body: {
        reason: "UnknownConsumer",
        problems: [{ at: "/consumer", problem: expect.stringContaining("gate.consumers") }],
      },
    });
  });

  test("a wrong proof is refused and recorded, and changes nothing else", async () => {
    const { at, vms } = await published();
    const [one] = vms;
    const before = await at.status();
    // The instance holds the old key and reports the new version.
    const answer = await at.post(one.signal({ version: at.newest().version }));
    expect(answer).toMatchObject({ status: 403, body: { reason: "ProofRefused" } });
    expect(at.events.at(-1)).toMatchObject({
      event: "ProofRefused",
      by: "signal:render-api",
      detail: expect.stringContaining("render-api/vm-1"),
    });
    expect(await at.status()).toEqual(before);
  });

  test("where proof is optional, instances that never sign open the gate", async () => {
    const at = place(rig, { gate: { consumers: [aConsumer({ instances: 2 })], soakMs: 0 } });
    const vms = [at.vm(1), at.vm(2)];
    await rig.surface.tick();
    for (const vm of vms) await vm.report({ proof: false });
    await rig.surface.tick();
    await at.rotate();
    for (const vm of vms) await vm.refresh().report({ proof: false });
    expect(await at.phase()).toBe("idle");
  });

  test("where proof is optional, an unsigned signal of an instance that signs does not open the gate", async () => {
    const { at, vms } = await published();
    for (const vm of vms) await vm.refresh().report({ proof: false });
    expect(await at.waitingFor()).toMatchObject({
      reason: "OnPreviousKey",
      detail: expect.stringMatching(/render-api\/vm-1 reported .*; its unsigned reports since then do not count$/),
    });
    for (const vm of vms) await vm.report();
    expect(await at.phase()).toBe("idle");
  });
});
