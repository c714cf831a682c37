import { OutcomeUnknownError, TransientServiceError } from "../../lib/errors";
import { aConsumer } from "../builders/account";
import { days, hours, minutes } from "../builders/time";
import { adopted, passing, place, plus, published, openRig, type ServedRig } from "../rig/served-place";

let rig: ServedRig;
beforeEach(async () => {
  rig = await openRig();
});

const busy = () => new TransientServiceError({ operation: "Batch regenerateKeys", statusCode: 429 }, minutes(2));

describe("conditions of the whole account", () => {
  test("DryRun: names the step that it would take, and ends with the setting", async () => {
    const { at } = await adopted(rig);
    rig.clock.advance(days(60));
    rig.deploy(rig.accounts, { dryRun: true });
    await rig.surface.tick();
    expect(await at.waitingFor()).toEqual({
      reason: "DryRun",
      detail: "would start a rotation; nothing is changed while ROTATION_DRY_RUN is true",
      since: expect.any(String),
    });
    expect(at.versions()).toHaveLength(1);
    rig.deploy(rig.accounts, { dryRun: false });
    await rig.surface.tick();
    expect(await at.phase()).toBe("published");
  });

  test("Paused: names the requester, the reason and the instant, and ends with resume", async () => {
    const { at } = await adopted(rig);
    rig.clock.advance(days(60));
    const since = rig.clock.at;
    await at.order("pause", "a release is under way");
    await rig.tickAfter(hours(1));
    expect(await at.status()).toMatchObject({
      phase: "idle",
      paused: true,
      waitingFor: { reason: "Paused", detail: "paused by operator:function-key: a release is under way", since },
    });
    await at.order("resume", "the release is done");
    expect(await at.status()).toMatchObject({ phase: "published", paused: false });
  });

  test("Paused in the configuration: names the setting, and ends with it", async () => {
    const { at } = await adopted(rig);
    rig.clock.advance(days(60));
    rig.deploy([{ ...at.config, paused: true }]);
    await rig.surface.tick();
    expect(await at.waitingFor()).toMatchObject({
      reason: "Paused",
      detail: 'paused by configuration: "paused": true',
    });
    rig.deploy([at.config]);
    await rig.surface.tick();
    expect(await at.phase()).toBe("published");
  });

  test("OutsideWindow: names the due instant and the opening of the window, and ends at the opening", async () => {
    const window = { days: ["Wed"], from: "02:00", to: "05:00", timeZone: "Europe/Amsterdam" } as const;
    const { at } = await adopted(rig, { window, rotateEveryMs: days(1) });
    // Tuesday noon plus a day: Wednesday in the morning, after the window; the next one is a week later.
    await rig.tickAfter(days(1));
    expect(await at.waitingFor()).toEqual({
      reason: "OutsideWindow",
      detail: "due since 2026-11-25T10:00:00.000Z; the maintenance window opens at 2026-12-02T01:00:00.000Z",
      since: "2026-11-25T10:00:00.000Z",
    });
    await rig.tickAt(Date.parse("2026-12-02T00:59:59.999Z"));
    expect(await at.phase()).toBe("idle");
    await rig.tickAfter(1);
    expect(await at.phase()).toBe("published");
  });

  test.each([
    // Europe/Amsterdam, Sunday 29 March 2026: 02:00 becomes 03:00 at 01:00Z. Sunday 25 October: 03:00 becomes 02:00 at
    // 01:00Z.
    ["put forward over its beginning", "2026-03-28T12:00:00.000Z", "2026-03-29T01:00:00.000Z"],
    ["put back after its first beginning", "2026-10-24T12:00:00.000Z", "2026-10-25T00:30:00.000Z"],
    ["put forward the week before", "2026-03-29T12:00:00.000Z", "2026-04-05T00:30:00.000Z"],
  ])("OutsideWindow where clocks are %s: names the instant at which the window opens", async (_when, from, opensAt) => {
    const window = { days: ["Sun"], from: "02:30", to: "05:00", timeZone: "Europe/Amsterdam" } as const;
    rig = await openRig({ startsAt: from });
    const { at } = await adopted(rig, { window, rotateEveryMs: hours(1) });
    await rig.tickAfter(hours(2));
    expect(await at.waitingFor()).toMatchObject({
      reason: "OutsideWindow",
      detail: expect.stringMatching(new RegExp(`^due since \\S+; the maintenance window opens at ${opensAt}$`)),
    });
    await rig.tickAt(Date.parse(opensAt) - 1);
    expect(await at.phase()).toBe("idle");
    await rig.tickAfter(1);
    expect(await at.phase()).toBe("published");
  });

  test("OutsideWindow at the gate: holds back a scheduled rotation, but not one on demand", async () => {
    const window = { days: ["Wed"], from: "02:00", to: "05:00", timeZone: "Europe/Amsterdam" } as const;
    const { at, vm } = await adopted(rig, { window, rotateEveryMs: days(7), gate: { soakMs: 0 } });
    await rig.tickAt(Date.parse("2026-12-02T03:59:00.000Z"));
    rig.clock.advance(minutes(2));
    await vm.refresh().report();
    expect(await at.waitingFor()).toMatchObject({
      reason: "OutsideWindow",
      detail: "the maintenance window opens at 2026-12-09T01:00:00.000Z",
    });
    rig.clock.to(Date.parse("2026-12-09T01:00:00.000Z"));
    await vm.report();
    expect(await at.phase()).toBe("idle");

    await at.rotate();
    await vm.refresh().report();
    expect(await at.status()).toMatchObject({ phase: "idle", lastRotation: { outcome: "completed" } });
  });

  test("Claimed: names the driver and the start and end of its claim; then the next driver takes over", async () => {
    const { at } = await adopted(rig);
    const takenAt = rig.clock.at;
    expect(await rig.crash({ operation: "batch.regenerate", at: "before" }, () => at.rotate())).not.toBeNull();
    expect(await at.waitingFor()).toEqual({
      reason: "Claimed",
      detail: `a driver (demand) has worked since ${takenAt}, until ${plus(takenAt, minutes(6))} at the latest`,
      since: takenAt,
    });
    expect(await at.order("pause")).toMatchObject({ status: 409, body: { reason: "Busy" } });
    await rig.tickAfter(minutes(6));
    expect(await at.waitingFor()).toMatchObject({ reason: "OutcomeUnknown" });
    await rig.tickAfter(minutes(5));
    expect(await at.phase()).toBe("published");
  });
});

describe("what Batch answers", () => {
  test("BackingOff: names the failure, the attempts and the next attempt, and ends with the next success", async () => {
    const { at } = await adopted(rig);
    rig.clock.advance(days(60));
    rig.faults.add("batch.regenerate", { when: "before", error: busy, times: 2 });
    await rig.surface.tick();
    const since = rig.clock.at;
    const inTwoMinutes = plus(rig.clock.at, minutes(2));
    expect(await at.status()).toMatchObject({
      phase: "started",
      blocked: null,
      waitingFor: {
        reason: "BackingOff",
        detail: `Batch regenerateKeys, status 429: not done, tried again later; tried once, again at ${inTwoMinutes}`,
        since,
      },
    });
    await rig.tickAfter(minutes(2) - 1);
    expect(await at.waitingFor()).toMatchObject({ detail: expect.stringContaining("tried once") });
    await rig.tickAfter(1);
    expect(await at.waitingFor()).toMatchObject({ since, detail: expect.stringContaining("tried 2 times, again at ") });
    await rig.tickAfter(minutes(2));
    expect(await at.status()).toMatchObject({ phase: "published", waitingFor: { reason: "NoSignalYet" } });
  });

  test("OutcomeUnknown: names the key, the loss and the end of the quarantine, and ends then", async () => {
    const { at } = await adopted(rig);
    rig.faults.add("batch.regenerate", {
      when: "after",
      error: () => new OutcomeUnknownError({ operation: "Batch regenerateKeys", code: "ECONNRESET" }),
    });
    const lostAt = rig.clock.at;
    const until = plus(lostAt, minutes(5));
    await at.rotate();
    expect(await at.status()).toMatchObject({
      phase: "started",
      waitingFor: {
        reason: "OutcomeUnknown",
        detail: `the answer to regenerating the secondary key was lost; nothing is regenerated before ${until}`,
        since: lostAt,
      },
    });
    const before = at.keys();
    await rig.tickAfter(minutes(5) - 1);
    expect(at.keys()).toEqual(before);
    expect(await at.waitingFor()).toMatchObject({ reason: "OutcomeUnknown" });
    await rig.tickAfter(1);
    expect(await at.phase()).toBe("published");
    expect(at.keys().primary).toBe(before.primary);
  });

  test("NewKeyNotAcceptedYet: nothing is published, and the wait ends when Batch accepts the key", async () => {
    const { at } = await adopted(rig);
    const off = rig.faults.onEffect((operation) => {
      if (operation === "batch.regenerate") rig.batch.setRefused(at.keys().secondary, true);
    });
    await at.rotate();
    off();
    expect(await at.status()).toMatchObject({
      phase: "regenerated",
      waitingFor: {
        reason: "NewKeyNotAcceptedYet",
        detail: "Batch does not accept the new secondary key yet, so it is not published",
        since: rig.clock.at,
      },
    });
    expect(at.versions()).toHaveLength(1);
    rig.batch.setRefused(at.keys().secondary, false);
    rig.clock.advance(minutes(2));
    await rig.surface.tick();
    expect(await at.phase()).toBe("published");
  });

  test("OldKeyStillAccepted: the old version stays enabled, and the wait ends when Batch refuses the key", async () => {
    const { at, vm } = await published(rig, { gate: { soakMs: 0 } });
    const old = vm.held;
    rig.batch.setLingering(old.value, true);
    await vm.refresh().report();
    expect(await at.status()).toMatchObject({
      phase: "retired",
      waitingFor: {
        reason: "OldKeyStillAccepted",
        detail: `Batch still accepts the old primary key, version ${old.version}`,
      },
    });
    expect(at.versions()[0]?.enabled).toBe(true);
    rig.batch.setLingering(old.value, false);
    await rig.surface.tick();
    expect(await at.phase()).toBe("idle");
    expect(at.versions()[0]?.enabled).toBe(false);
  });

  test("TargetKeyRefused: the old key is kept in spite of good consumers, approval and retireAfter", async () => {
    const { at, vm } = await adopted(rig, { gate: { soakMs: 0 } });
    await at.rotate({ reason: "leaked", retireAfter: "PT15M" });
    const { version } = at.newest();
    rig.batch.setRefused(at.keys().secondary, true);
    await vm.refresh().report();
    expect(await at.waitingFor()).toMatchObject({
      reason: "TargetKeyRefused",
      detail: `Batch refuses the secondary key that its own key list shows and version ${version} holds`,
    });
    rig.clock.advance(minutes(15));
    await vm.report();
    await at.order("approve");
    await rig.surface.tick();
    expect(await at.status()).toMatchObject({ phase: "published", waitingFor: { reason: "TargetKeyRefused" } });
    rig.batch.setRefused(at.keys().secondary, false);
    await rig.surface.tick();
    expect(await at.phase()).toBe("idle");
  });
});

describe("modes of the gate", () => {
  test("ApprovalPending: names the version and its publication, and ends with an approval", async () => {
    const gate = { mode: "approval", consumers: [], soakMs: 0 } as const;
    const at = place(rig, { gate });
    await rig.surface.tick();
    await at.order("approve");
    await at.rotate();
    const { version, createdAt } = at.newest();
    await rig.tickAfter(days(30));
    expect(await at.waitingFor()).toEqual({
      reason: "ApprovalPending",
      detail: `version ${version}, published at ${createdAt}, waits for an operator to approve`,
      since: createdAt,
    });
    await at.order("approve", "every app was restarted");
    expect(await at.phase()).toBe("idle");
    expect(at.eventKinds()).toEqual(expect.arrayContaining(["Approved", "KeyRetired"]));
  });

  test("DelayNotElapsed: names the end of the delay, and ends exactly then", async () => {
    const gate = { mode: "delay", delayMs: days(7), consumers: [], soakMs: 0 } as const;
    const at = place(rig, { gate });
    await rig.surface.tick();
    await rig.tickAfter(days(7));
    await at.rotate();
    const publishedAt = rig.clock.at;
    const until = plus(publishedAt, days(7));
    expect(await at.waitingFor()).toEqual({
      reason: "DelayNotElapsed",
      detail: `the delay of P7D since ${publishedAt} ends at ${until}`,
      since: publishedAt,
    });
    await rig.tickAfter(days(7) - 1);
    expect(await at.phase()).toBe("published");
    await rig.tickAfter(1);
    expect(await at.phase()).toBe("idle");
  });
});

describe("what the gate waits for", () => {
  test("NoSignalYet: names consumer, version and publication, and ends with the first signal", async () => {
    const at = place(rig, { gate: { soakMs: 0 } });
    await rig.surface.tick();
    const { version, createdAt } = at.newest();
    expect(await at.status()).toMatchObject({
      phase: "adopting",
      consumers: [{ name: "render-api", state: "NoSignalYet", instances: [] }],
      waitingFor: {
        reason: "NoSignalYet",
        detail: `no instance of render-api has reported version ${version}, published at ${createdAt}`,
        since: createdAt,
      },
    });
    const { body } = await at.vm().report();
    expect(body).toEqual({ account: "render-weu", accepted: true, waitingFor: null });
    expect(await at.phase()).toBe("idle");
  });

  test("SignalStale: names the instance, its version and its last signal, and ends with its next signal", async () => {
    const { at, vm } = await published(rig, { gate: { soakMs: minutes(60) } });
    await vm.refresh().report();
    const heardAt = rig.clock.at;
    rig.clock.advance(minutes(15));
    expect(await at.waitingFor()).toMatchObject({ reason: "SoakNotElapsed" });
    rig.clock.advance(1);
    expect(await at.waitingFor()).toEqual({
      reason: "SignalStale",
      detail: `render-api/vm-1 last reported at ${heardAt}, on version ${vm.held.version}, longer than PT15M ago`,
      since: plus(heardAt, minutes(15)),
    });
    await vm.report();
    expect(await at.waitingFor()).toMatchObject({ reason: "SoakNotElapsed" });
  });

  test("InstancesMissing: counts and names the instances that have reported, and ends with the last one", async () => {
    const gate = { soakMs: 0, consumers: [aConsumer({ instances: 3 })] };
    const at = place(rig, { gate });
    await rig.surface.tick();
    const { version, createdAt } = at.newest();
    await at.vm().report();
    await at.vm(2).report();
    expect(await at.waitingFor()).toEqual({
      reason: "InstancesMissing",
      detail: [
        "2 of 3 instances of render-api have reported (vm-1, vm-2);",
        `version ${version} was published at ${createdAt}`,
      ].join(" "),
      since: createdAt,
    });
    await at.vm(3).report();
    expect(await at.phase()).toBe("idle");
  });

  test("OnPreviousKey: names the instance, both versions and the instant, and ends with its move", async () => {
    const { at, vm } = await published(rig, { gate: { soakMs: 0 } });
    await vm.report();
    expect(await at.waitingFor()).toMatchObject({
      reason: "OnPreviousKey",
      detail: `render-api/vm-1 reported version ${vm.held.version} at ${rig.clock.at}, not ${at.newest().version}`,
    });
    await vm.refresh().report();
    expect(await at.phase()).toBe("idle");
  });

  test("ProofMissing: names the instance, its version and the instant, and ends with a proof", async () => {
    const { at, vm } = await published(rig, { gate: { soakMs: 0, consumers: [aConsumer({ proof: "required" })] } });
    await vm.refresh().report({ proof: false });
    expect(await at.waitingFor()).toEqual({
      reason: "ProofMissing",
      detail: `render-api/vm-1 reported version ${vm.held.version} at ${rig.clock.at} without a proof`,
      since: rig.clock.at,
    });
    await vm.report({ proof: true });
    expect(await at.phase()).toBe("idle");
  });

  test("Unhealthy: names instance, version, instant and detail, and ends with a healthy signal", async () => {
    const { at, vm } = await published(rig, { gate: { soakMs: 0 } });
    await vm.refresh().report({ healthy: false, detail: "pool render-1 cannot be resized" });
    const since = rig.clock.at;
    rig.clock.advance(minutes(1));
    await vm.report({ healthy: false, detail: "pool render-1 cannot be resized" });
    expect(await at.waitingFor()).toEqual({
      reason: "Unhealthy",
      detail: [
        `render-api/vm-1 is unhealthy on version ${vm.held.version},`,
        `as reported at ${rig.clock.at}: pool render-1 cannot be resized`,
      ].join(" "),
      since,
    });
    await vm.report();
    expect(await at.phase()).toBe("idle");
  });

  test("SoakNotElapsed: names the start and the end of the soak, and ends exactly then", async () => {
    const { at, vm } = await published(rig, { gate: { soakMs: minutes(10) } });
    await vm.refresh().report();
    const goodSince = rig.clock.at;
    const until = plus(goodSince, minutes(10));
    expect(await at.waitingFor()).toEqual({
      reason: "SoakNotElapsed",
      detail: [
        `all consumers have been good on version ${vm.held.version} since ${goodSince}, render-api last;`,
        `the soak of PT10M ends at ${until}`,
      ].join(" "),
      since: goodSince,
    });
    await passing(rig, minutes(9), [vm]);
    expect(await at.phase()).toBe("published");
    rig.clock.to(Date.parse(until) - 2);
    await vm.report();
    expect(await at.phase()).toBe("published");
    await vm.report();
    expect(await at.phase()).toBe("idle");
  });
});
