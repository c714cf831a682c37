import { bodyOf, type Host, statusOf } from "./host";
import type { PlacedAccount } from "./placed-account";
import { expectProblem } from "./problem";
import { openWorld, type DeployedApp } from "./world";

let world: DeployedApp;
let host: Host;
let render: PlacedAccount;
let nightly: PlacedAccount;
let archive: PlacedAccount;
let legacy: PlacedAccount;

beforeAll(async () => {
  world = await openWorld();
  render = world.place({ name: "render" });
  nightly = world.place({ name: "nightly" });
  archive = world.place({ name: "archive" });
  legacy = world.place({ name: "legacy", config: { paused: true } });
  host = await world.host([render, nightly, archive, legacy], { ROTATION_QUARANTINE: "PT1M" });
});
afterAll(() => world.close());

const adopt = async (account: PlacedAccount): Promise<void> => {
  await host.tick();
  await host.signal(account.name, account.signal());
  expect((await host.status(account.name)).phase).toBe("idle");
};

/** The claim of a driver that was cut off: no other driver may act until it ends. */
const hold = (ms: number): Promise<void> =>
  world.rows.change("nightly", (record) => ({
    ...record,
    claim: {
      id: "01JZZZZZZZZZZZZZZZZZZZZZZZ",
      by: "schedule",
      takenAt: new Date().toISOString(),
      until: new Date(Date.now() + ms).toISOString(),
      intent: null,
    },
  }));

test("a refusal names the first reason that applies: paused, not adopted, under way", async () => {
  expectProblem(await host.rotate("legacy", { reason: "a test" }), 409, "Paused");
  expectProblem(await host.rotate("archive", { reason: "a test" }), 409, "NotAdopted");
  await host.tick();
  expectProblem(await host.rotate("archive", { reason: "a test" }), 409, "NotAdopted");
  await host.operate("archive", "pause", { reason: "a test" });
  expectProblem(await host.rotate("archive", { reason: "a test" }), 409, "Paused");
  await host.operate("archive", "resume", { reason: "a test" });
  await adopt(archive);
  expect((await host.rotate("archive", { reason: "a test" })).status).toBe(202);
  expectProblem(await host.rotate("archive", { reason: "a test" }), 409, "RotationUnderWay");
  await host.operate("archive", "pause", { reason: "a test" });
  expectProblem(await host.rotate("archive", { reason: "a test" }), 409, "Paused");
  await host.operate("archive", "resume", { reason: "a test" });
  expect((await host.status("archive")).phase).toBe("published");
});

test("a rotation starts at once, advances as far as it can, and the answer shows its state", async () => {
  await adopt(render);
  const before = render.keys();
  const answer = await host.rotate("render", { reason: "  a leak drill  " });
  expect(answer.status).toBe(202);
  expect(answer.headers).toMatchObject({ location: "/api/accounts/render", "content-type": "application/json" });
  expect(bodyOf(answer)).toEqual(bodyOf(await host.get("render")));
  expect(statusOf(answer)).toMatchObject({
    phase: "published",
    activeSlot: "secondary",
    waitingFor: { reason: "OnPreviousKey" },
    rotation: { trigger: "demand", reason: "a leak drill", target: "secondary", retireAfter: null },
  });
  const after = render.keys();
  // Compared here, so that a failing test shows no key.
  expect([after.primary === before.primary, after.secondary === before.secondary]).toEqual([true, false]);
  expect(render.newest().value === after.secondary).toBe(true);
});

test("the same Idempotency-Key returns the same rotation, while it is under way and after its end", async () => {
  await adopt(nightly);
  const headers = { "idempotency-key": "Ticket_42-a" };
  const body = { reason: "ticket 42", retireAfter: "PT1H" };
  const first = await host.rotate("nightly", body, headers);
  expect(first.status).toBe(202);
  const id = statusOf(first).rotation?.id;

  const again = await host.rotate("nightly", { retireAfter: "PT60M", reason: "ticket 42 " }, headers);
  expect([again.status, again.headers["location"]]).toEqual([202, "/api/accounts/nightly"]);
  expect(statusOf(again).rotation?.id).toBe(id);
  for (const other of [{ reason: "ticket 43", retireAfter: "PT1H" }, { reason: "ticket 42" }]) {
    expectProblem(await host.rotate("nightly", other, headers), 422, "IdempotencyKeyReused");
  }
  expectProblem(await host.rotate("nightly", body, { "idempotency-key": "other" }), 409, "RotationUnderWay");

  await host.signal("nightly", nightly.signal());
  const regenerated = world.emulators.journal.count("arm.regenerateKeys");
  const after = await host.rotate("nightly", body, headers);
  expect(after.status).toBe(202);
  expect(statusOf(after)).toMatchObject({ phase: "idle", rotation: null, lastRotation: { id, outcome: "completed" } });
  expectProblem(await host.rotate("nightly", { reason: "another" }, headers), 422, "IdempotencyKeyReused");
  expect(world.emulators.journal.count("arm.regenerateKeys")).toBe(regenerated);

  // An Idempotency-Key applies to one account only.
  await host.signal("render", render.signal());
  expect((await host.rotate("render", { reason: "another" }, headers)).status).toBe(202);
});

test("concurrent requests start one rotation", async () => {
  await host.signal("nightly", nightly.signal());
  const { journal } = world.emulators;
  const before = journal.count("arm.regenerateKeys");
  const repeated = Array.from({ length: 4 }, () =>
    host.rotate("nightly", { reason: "all at once" }, { "idempotency-key": "all-at-once" }),
  );
  const others = Array.from({ length: 2 }, () => host.rotate("nightly", { reason: "me too" }));
  const answers = await Promise.all([...repeated, ...others]);
  const accepted = answers.filter(({ status }) => status === 202);
  expect(accepted.length).toBeGreaterThan(0);
  expect(new Set(accepted.map((answer) => statusOf(answer).rotation?.id)).size).toBe(1);
  for (const answer of answers.filter(({ status }) => status !== 202)) {
    expect(expectProblem(answer, 409, "RotationUnderWay")).toEqual([]);
  }
  expect(journal.count("arm.regenerateKeys")).toBe(before + 1);
});

test("an account with a long claim is busy, but not if the claim is released in time", async () => {
  await host.signal("nightly", nightly.signal());
  await hold(20_000);
  expect(await host.status("nightly")).toMatchObject({ phase: "idle", waitingFor: null });
  const began = Date.now();
  const busy = await host.rotate("nightly", { reason: "during another claim" });
  expectProblem(busy, 409, "Busy");
  expect(Number(busy.headers["retry-after"])).toBeGreaterThanOrEqual(1);
  expect(Number(busy.headers["retry-after"])).toBeLessThanOrEqual(30);
  expect(Date.now() - began).toBeGreaterThan(1_000);

  await hold(1_000);
  const started = await host.rotate("nightly", { reason: "after the other driver has died" });
  // A request of the dead driver may still arrive, so no key is regenerated during the quarantine.
  expect([started.status, statusOf(started).phase, statusOf(started).waitingFor?.reason]).toEqual([
    202,
    "started",
    "OutcomeUnknown",
  ]);
});

test("an invalid request is answered with all its problems", async () => {
  const answer = await host.rotate(
    "render",
    { reason: " ", retireAfter: "15 minutes", force: true, "a/b~c": 1 },
    { "idempotency-key": "not a token" },
  );
  expect(expectProblem(answer, 400, "InvalidRequest").toSorted()).toEqual(
    ["/reason", "/retireAfter", "/force", "/a~1b~0c", "Idempotency-Key"].toSorted(),
  );
  const wrong: readonly [body: unknown, places: readonly string[]][] = [
    [{}, ["/reason"]],
    [{ reason: 7 }, ["/reason"]],
    [{ reason: "x".repeat(501) }, ["/reason"]],
    [{ reason: "x", retireAfter: "P1M" }, ["/retireAfter"]],
    [{ reason: "x", retireAfter: "PT0S" }, ["/retireAfter"]],
    [JSON.parse('{ "reason": "x", "__proto__": {} }'), ["/__proto__"]],
    [null, [""]],
    [[], [""]],
    ["reason", [""]],
  ];
  for (const [body, places] of wrong) {
    expect([body, expectProblem(await host.rotate("render", body), 400, "InvalidRequest")]).toEqual([body, places]);
  }
  for (const key of ["", "x".repeat(129), "a,b"]) {
    const refused = await host.rotate("render", { reason: "x" }, { "idempotency-key": key });
    expect([key, expectProblem(refused, 400, "InvalidRequest")]).toEqual([key, ["Idempotency-Key"]]);
  }
});

// A deadline after the year 9999 would sort before all other dates, and the old key would die at once.
test.each(["P9999999D", "P999999999W"])(
  "retireAfter %s is refused: its end would be beyond the valid dates",
  async (retireAfter) => {
    const answer = await host.rotate("archive", { reason: "far away", retireAfter });
    expect(expectProblem(answer, 400, "InvalidRequest")).toEqual(["/retireAfter"]);
  },
);

test("a dry run answers 200 with the next step, and changes nothing in Batch or Key Vault", async () => {
  await host.tick();
  await host.signal("render", render.signal());
  expect((await host.status("render")).phase).toBe("idle");
  const dry = await world.host([render, nightly, archive, legacy], { ROTATION_DRY_RUN: "true" });
  const keysAndVersions = (): string => JSON.stringify([render.keys(), render.versions()]);
  const before = keysAndVersions();
  world.emulators.journal.clear();

  const answer = await dry.rotate("render", { reason: "to see" }, { "idempotency-key": "dry" });
  expect([answer.status, answer.headers["location"]]).toEqual([200, undefined]);
  expect(statusOf(answer)).toMatchObject({
    phase: "idle",
    waitingFor: { reason: "DryRun", detail: expect.stringContaining("start a rotation") },
    rotation: null,
  });
  expectProblem(await dry.rotate("archive", { reason: "to see" }), 409, "RotationUnderWay");
  expectProblem(await dry.rotate("legacy", { reason: "to see" }), 409, "Paused");

  // Its gate would open now; the step is reported but not taken.
  expect((await dry.signal("archive", archive.signal())).status).toBe(202);
  await dry.tick();
  expect(await dry.status("archive")).toMatchObject({
    phase: "published",
    waitingFor: { reason: "DryRun", detail: expect.stringContaining("regenerate") },
  });
  expect((await dry.status("render")).phase).toBe("idle");

  const { journal } = world.emulators;
  const changes = ["arm.regenerateKeys", "vault.setSecret", "vault.updateSecret", "vault.deleteSecret"] as const;
  expect(changes.map((route) => journal.count(route))).toEqual([0, 0, 0, 0]);
  expect(keysAndVersions() === before).toBe(true);
});
