import type { OperatorAction } from "../../lib/operations/operate-account";
import { OutcomeUnknownError, TransientServiceError } from "../../lib/errors";
import { aConsumer } from "../builders/account";
import { days, minutes } from "../builders/time";
import { adopt, adopted, type Place, place, published, openRig, type ServedRig } from "../rig/served-place";

let rig: ServedRig;
beforeEach(async () => {
  rig = await openRig();
});

/** No soak, so that a signal opens the gate at once. */
const soakless = { gate: { soakMs: 0 } } as const;

const refused = (reason: string) => ({ status: 409, reason, sentence: true, unchanged: true });

/** The rejection of a request: its reason, whether it has a sentence, and whether nothing has changed. */
const refusalOf = async (at: Place, action: OperatorAction): Promise<object> => {
  const before = JSON.stringify([await at.status(), at.events]);
  const { status, text } = await at.order(action);
  const { reason, detail }: { reason: string; detail: string } = JSON.parse(text);
  const after = JSON.stringify([await at.status(), at.events]);
  return { status, reason, sentence: /\S+ \S+/.test(detail), unchanged: before === after };
};

describe("approve", () => {
  test("is refused where the phase waits for no consumer", async () => {
    const at = place(rig);
    rig.unavailable("batch.readAccount", 2);
    await rig.surface.tick();
    expect((await at.status()).secret.version).toBeNull();
    expect(await refusalOf(at, "approve")).toEqual(refused("NothingToApprove"));
    rig.clock.advance(minutes(1));
    await adopt(at, [at.vm()]);
    expect(await refusalOf(at, "approve")).toEqual(refused("NothingToApprove"));
    rig.faults.add("batch.regenerate", {
      when: "before",
      error: () => new TransientServiceError({ operation: "Batch regenerateKeys", statusCode: 429 }, minutes(60)),
    });
    await at.rotate();
    expect(await at.phase()).toBe("started");
    expect(await refusalOf(at, "approve")).toEqual(refused("NothingToApprove"));
  });

  test("in mode signals overrides the consumers in the current phase, and the history records it", async () => {
    const { at, vm } = await published(rig, soakless);
    await vm.report();
    const answer = await at.order("approve", "that VM is being removed");
    expect(answer).toMatchObject({ status: 200, body: { phase: "idle" } });
    expect(at.eventsOf("Approved")[0]).toMatchObject({
      by: "operator:function-key",
      detail: "approved in spite of the consumers, in phase published: that VM is being removed",
    });
    expect(at.eventsOf("KeyRetired")[0]?.detail).toMatch(
      /approved by operator:function-key \(that VM is being removed\), in spite of OnPreviousKey: render-api\/vm-1/,
    );
  });

  test("applies to the current phase only: the next rotation waits again", async () => {
    const { at } = await published(rig, soakless);
    await at.order("approve");
    expect(await at.phase()).toBe("idle");
    await at.rotate();
    expect(await at.status()).toMatchObject({ phase: "published", waitingFor: { reason: "OnPreviousKey" } });
  });

  test("in mode approval opens the gate together with confirmed consumers", async () => {
    const gate = { mode: "approval", soakMs: 0 } as const;
    const at = place(rig, { gate });
    const vm = at.vm();
    await rig.surface.tick();
    await vm.report();
    expect(await at.status()).toMatchObject({ phase: "adopting", waitingFor: { reason: "ApprovalPending" } });
    await at.order("approve");
    expect(await at.phase()).toBe("idle");
    expect(at.eventsOf("Adopted")[0]?.detail).not.toMatch(/in spite of/);
  });

  test("in mode delay overrides the consumers, but not the delay", async () => {
    const at = place(rig, { gate: { mode: "delay", delayMs: days(2), soakMs: 0 } });
    await rig.surface.tick();
    await at.order("approve", "no app uses it yet");
    expect(await at.status()).toMatchObject({ phase: "adopting", waitingFor: { reason: "DelayNotElapsed" } });
    await rig.tickAfter(days(2));
    expect(await at.phase()).toBe("idle");
  });
});

describe("rollback", () => {
  test("is refused before a rotation and after its old key is dead", async () => {
    const at = place(rig);
    await rig.surface.tick();
    expect(await refusalOf(at, "rollback")).toEqual(refused("NothingToRollBack"));
    const { at: idle, vm } = await adopted(rig, { ...soakless, name: "archive-weu", settleOn: "primary" });
    expect(await refusalOf(idle, "rollback")).toEqual(refused("NothingToRollBack"));
    await idle.rotate();
    rig.batch.setLingering(vm.held.value, true);
    const old = vm.held.value;
    await vm.refresh().report();
    expect(await idle.phase()).toBe("retired");
    expect(await refusalOf(idle, "rollback")).toEqual(refused("NothingToRollBack"));
    rig.batch.setLingering(old, false);
    rig.clock.advance(minutes(2));
    await rig.surface.tick();
    expect(await idle.phase()).toBe("settling");
    expect(await refusalOf(idle, "rollback")).toEqual(refused("NothingToRollBack"));
  });

  test("is refused during the quarantine after a lost answer to a regenerate, and possible afterwards", async () => {
    const { at } = await adopted(rig, soakless);
    rig.faults.add("batch.regenerate", {
      when: "before",
      error: () => new OutcomeUnknownError({ operation: "Batch regenerateKeys", code: "ECONNRESET" }),
    });
    await at.rotate();
    expect(await refusalOf(at, "rollback")).toEqual(refused("OutcomeUnknown"));
    rig.clock.advance(minutes(5) - 1);
    expect(await refusalOf(at, "rollback")).toEqual(refused("OutcomeUnknown"));
    rig.clock.advance(1);
    expect(await at.order("rollback")).toMatchObject({ status: 200, body: { phase: "adopting", paused: true } });
  });
});

const throttled = () => new TransientServiceError({ operation: "Batch regenerateKeys", statusCode: 429 }, minutes(20));

describe("pause and resume", () => {
  test("a second pause is refused, whether the first came from an operator or from the configuration", async () => {
    const { at } = await adopted(rig, soakless);
    await at.order("pause");
    expect(await refusalOf(at, "pause")).toEqual(refused("AlreadyPaused"));
    await at.order("resume");
    rig.deploy([{ ...at.config, paused: true }]);
    await rig.surface.tick();
    expect(await refusalOf(at, "pause")).toEqual(refused("AlreadyPaused"));
    expect(await refusalOf(at, "resume")).toEqual(refused("PausedInConfiguration"));
  });

  test("resume is refused where the account is neither paused nor blocked", async () => {
    const { at } = await published(rig, soakless);
    expect(await refusalOf(at, "resume")).toEqual(refused("NotPaused"));
  });

  test("resume is refused where the account only backs off, and its attempts keep their distance", async () => {
    const { at } = await adopted(rig, soakless);
    rig.faults.add("batch.regenerate", { when: "before", error: throttled });
    await at.rotate();
    const { waitingFor } = await at.status();
    expect(waitingFor).toMatchObject({ reason: "BackingOff" });
    expect(await refusalOf(at, "resume")).toEqual(refused("NotPaused"));
    expect(await at.status()).toMatchObject({ phase: "started", waitingFor });
  });

  test("while paused, signals are accepted, drift is repaired and nothing is regenerated", async () => {
    const { at, vm } = await published(rig, soakless);
    await at.order("pause", "an incident");
    const keys = at.keys();
    await vm.refresh().report();
    rig.clock.advance(days(1));
    await vm.report();
    await rig.surface.tick();
    expect(await at.status()).toMatchObject({ phase: "published", waitingFor: { reason: "Paused" } });
    expect((await at.status()).consumers[0]).toMatchObject({ state: "Good" });
    expect(at.keys()).toEqual(keys);

    const regenerated = at.regenerateManually("secondary");
    await rig.surface.tick();
    expect(at.newest().value).toBe(regenerated);
    expect(at.eventKinds()).toContain("DriftRepaired");
    expect(await at.status()).toMatchObject({ phase: "published", paused: true });

    await vm.refresh().report();
    expect(await at.order("resume", "the incident is over")).toMatchObject({ status: 200, body: { phase: "idle" } });
  });

  test("time spent paused does not count as stalling", async () => {
    const { at } = await published(rig, { ...soakless, stalledAfterMs: { published: days(1) } });
    rig.clock.advance(days(1) - 1);
    await at.order("pause");
    rig.clock.advance(days(10));
    await at.order("resume");
    expect(await at.status()).toMatchObject({ stalled: false });
    rig.clock.advance(1);
    expect(await at.status()).toMatchObject({ stalled: true });
  });
});

/** What an operator sees before a decision. */
const decided = async (at: Place) => {
  const { phase, rotation, secret } = await at.status();
  return { phase, rotationId: rotation?.id ?? null, secretVersion: secret.version };
};

describe("an action with preconditions", () => {
  test("is carried out where phase, rotation and version are those that the operator saw", async () => {
    const { at } = await published(rig, soakless);
    const seen = await decided(at);
    expect(await postRequest(at, "approve", { reason: "all restarted", ...seen })).toMatchObject({
      status: 200,
      body: { phase: "idle" },
    });
    const idle = { reason: "lunch", ...(await decided(at)) };
    expect(idle).toMatchObject({ phase: "idle", rotationId: null });
    expect((await postRequest(at, "pause", idle)).status).toBe(200);
  });

  test.each<[OperatorAction, object, RegExp]>([
    ["approve", { phase: "adopting" }, /^phase is published, not adopting: GET the account/],
    ["rollback", { rotationId: "01JDFOTHER" }, /^rotationId is 01\w{24}, not 01JDFOTHER: /],
    ["pause", { rotationId: null }, /^rotationId is 01\w{24}, not null: /],
    [
      "resume",
      { phase: "idle", secretVersion: null },
      /^phase is published, not idle; secretVersion is \w{32}, not null: /,
    ],
  ])("%s with %j is refused, changes nothing and names what is there now", async (action, expected, detail) => {
    const { at } = await published(rig, soakless);
    const before = JSON.stringify([await at.status(), at.events, at.keys()]);
    const answer = await postRequest(at, action, { reason: "a test", ...expected });
    expect(answer).toMatchObject({ status: 409, body: { reason: "PreconditionFailed" } });
    expect(answer.body).toMatchObject({ detail: expect.stringMatching(detail) });
    expect(JSON.stringify([await at.status(), at.events, at.keys()])).toBe(before);
  });

  test("does not approve a version that was published after the decision", async () => {
    const { at, vm } = await published(rig, soakless);
    const { secretVersion } = await decided(at);
    at.publishManually(at.newest().value);
    await rig.surface.tick();
    expect(await postRequest(at, "approve", { reason: "all restarted", secretVersion })).toMatchObject({ status: 409 });
    expect(at.accepts(vm.held.value)).toBe(true);
    expect(await at.phase()).toBe("published");
  });
});

describe("a rotation with preconditions", () => {
  test("starts where they hold, and a repeated request is the same one although it has changed them", async () => {
    const { at } = await adopted(rig, soakless);
    const body = { reason: "a leak", ...(await decided(at)) };
    const first = await at.rotate(body, { "idempotency-key": "one" });
    expect(first).toMatchObject({ status: 202, body: { phase: "published" } });
    expect(await at.rotate(body, { "idempotency-key": "one" })).toMatchObject({ status: 202, body: first.body });
  });

  test("does not start on a version that the caller did not see", async () => {
    const { at } = await adopted(rig, soakless);
    const before = JSON.stringify([await at.status(), at.keys()]);
    expect(await at.rotate({ reason: "a leak", secretVersion: "another" })).toMatchObject({
      status: 409,
      body: { reason: "PreconditionFailed", detail: expect.stringMatching(/^secretVersion is \w{32}, not another: /) },
    });
    expect(JSON.stringify([await at.status(), at.keys()])).toBe(before);
  });
});

describe("the recorded requester", () => {
  const name = "x-ms-client-principal-name";
  const ada = { [name]: "ada@contoso.com" };
  afterEach(() => {
    delete process.env["WEBSITE_AUTH_ENABLED"];
  });

  test.each([
    ["True", "ada@contoso.com", "operator:ada@contoso.com"],
    ["true", "ada@contoso.com", "operator:ada@contoso.com"],
    ["false", "ada@contoso.com", "operator:function-key"],
    [undefined, "ada@contoso.com", "operator:function-key"],
    ["true", "", "operator:function-key"],
    ["true", `ada\u0007${"-".repeat(200)}`, `operator:ada${"-".repeat(97)}`],
  ])("is, with WEBSITE_AUTH_ENABLED %s and the header %s, %s", async (enabled, sent, expected) => {
    if (enabled !== undefined) process.env["WEBSITE_AUTH_ENABLED"] = enabled;
    const { at } = await adopted(rig, soakless);
    await at.order("pause", "a test", { [name]: sent });
    expect(at.eventsOf("Paused").at(-1)).toMatchObject({
      by: expected,
      detail: "a test",
    });
  });

  test("is the id of an app that has signed in without a readable name", async () => {
    process.env["WEBSITE_AUTH_ENABLED"] = "True";
    const { at } = await adopted(rig, soakless);
    const id = "44444444-4444-4444-8444-444444444444";
    const asked: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
      [{ "x-ms-client-principal-id": id }, `operator:${id}`],
      [{ "x-ms-client-principal-name": " \u0007", "x-ms-client-principal-id": id }, `operator:${id}`],
      [{ "x-ms-client-principal-name": "ada@contoso.com", "x-ms-client-principal-id": id }, "operator:ada@contoso.com"],
      [{}, "operator:function-key"],
    ];
    for (const [headers, by] of asked) {
      await at.order("pause", "a test", headers);
      expect(at.events.at(-1)).toMatchObject({ event: "Paused", by });
      await at.order("resume", "a test", headers);
      expect(at.events.at(-1)).toMatchObject({ event: "Resumed", by });
    }
  });

  test("is recorded with the reason for every action", async () => {
    process.env["WEBSITE_AUTH_ENABLED"] = "True";
    const { at } = await published(rig, soakless);
    const by = "operator:ada@contoso.com";
    const recorded = async (action: OperatorAction, why: string): Promise<readonly unknown[]> => {
      const before = at.events.length;
      expect((await at.order(action, why, ada)).status).toBe(200);
      return at.events.slice(before).map((event) => [event.event, event.by, event.detail.includes(why)]);
    };
    expect(await recorded("pause", "lunch")).toEqual([["Paused", by, true]]);
    expect(await recorded("approve", "all restarted")).toEqual([["Approved", by, true]]);
    const rolledBack = await recorded("rollback", "they were not");
    expect(rolledBack).toContainEqual(["RotationRolledBack", by, true]);
    expect(rolledBack.filter((event) => !JSON.stringify(event).includes(by))).toEqual([]);
    const [resumed] = await recorded("resume", "after lunch");
    expect(resumed).toEqual(["Resumed", by, true]);
  });

  test("is recorded for a rotation on demand", async () => {
    process.env["WEBSITE_AUTH_ENABLED"] = "True";
    const { at } = await adopted(rig, soakless);
    const asked = await at.rotate({ reason: "the key leaked", retireAfter: "PT15M" }, ada);
    expect(asked.status).toBe(202);
    expect(at.eventsOf("RotationStarted")[0]).toMatchObject({
      by: "demand",
      detail: "on demand of operator:ada@contoso.com, from the primary to the secondary key: the key leaked",
      evidence: { askedBy: "operator:ada@contoso.com" },
    });
  });
});

describe("before first sight", () => {
  test("approve and rollback are refused; a pause is stored, and nothing is read until the resume", async () => {
    const at = place(rig);
    expect(await at.order("approve")).toMatchObject({ status: 409, body: { reason: "NothingToApprove" } });
    expect(await at.order("rollback")).toMatchObject({ status: 409, body: { reason: "NothingToRollBack" } });
    expect(await at.order("resume")).toMatchObject({ status: 409, body: { reason: "NotPaused" } });
    expect(await at.order("pause", "not yet")).toMatchObject({
      status: 200,
      body: { phase: "adopting", paused: true, waitingFor: { reason: "Paused" } },
    });
    await rig.surface.tick();
    expect(await at.status()).toMatchObject({ phase: "adopting", secret: { version: null } });
    expect(await at.order("resume", "now")).toMatchObject({
      status: 200,
      body: { phase: "adopting", waitingFor: { reason: "NoSignalYet" } },
    });
  });
});

const postRequest = (at: Place, action: string, body: unknown) =>
  rig.surface.call({ method: "POST", path: `/accounts/${at.name}/${action}`, body });

describe("the request", () => {
  test("must have a reason of 1 to 500 characters and no other field", async () => {
    const { at } = await adopted(rig, { gate: { soakMs: 0, consumers: [aConsumer()] } });
    for (const body of [
      {},
      { reason: "" },
      { reason: " " },
      { reason: "x".repeat(501) },
      { reason: "a", by: "ada" },
      [],
    ]) {
      expect(await postRequest(at, "pause", body)).toMatchObject({ status: 400, body: { reason: "InvalidRequest" } });
    }
    expect(await at.phase()).toBe("idle");
    expect(await postRequest(at, "pause", { reason: "x".repeat(500) })).toMatchObject({ status: 200 });
  });

  test("must name an existing action and an existing account", async () => {
    const { at } = await adopted(rig, soakless);
    expect(await postRequest(at, "explode", { reason: "a" })).toMatchObject({
      status: 404,
      body: { reason: "UnknownAction" },
    });
    const path = "/accounts/unknown/pause";
    expect(await rig.surface.call({ method: "POST", path, body: { reason: "a" } })).toMatchObject({
      status: 404,
      body: { reason: "UnknownAccount" },
    });
  });
});
