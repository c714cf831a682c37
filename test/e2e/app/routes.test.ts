import type { StatusBody } from "../../../lib/operations/status/status";
import { type Answer, bodyOf, type Host, statusOf } from "./host";
import type { PlacedAccount, SignalFields } from "./placed-account";
import { expectProblem } from "./problem";
import { openWorld, type DeployedApp } from "./world";

const noStore = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

let world: DeployedApp;
let host: Host;
let render: PlacedAccount;

beforeAll(async () => {
  world = await openWorld();
  render = world.place({ name: "render", config: { gate: { consumers: [{ name: "render-api" }, { name: "etl" }] } } });
  host = await world.host([render]);
});
afterAll(() => world.close());

const get = (keyOf: string, path: string): Promise<Answer> =>
  host.call({ method: "GET", path: `/accounts/render${path}`, keyOf });

const send = (fields: SignalFields = {}): Promise<Answer> => host.signal("render", render.signal(fields));

test("each route answers once: first status, list, signals, check, rotation, history and report", async () => {
  const first = await host.get("render");
  expect([first.status, first.headers]).toEqual([
    200,
    expect.objectContaining({ "content-type": "application/json", ...noStore }),
  ]);
  const listed: { accounts: StatusBody[] } = JSON.parse((await host.list()).text);
  const { consumers, ...withoutConsumers } = statusOf(first);
  expect([consumers.length, listed.accounts]).toEqual([2, [withoutConsumers]]);

  await host.tick();
  const answer = await send();
  expect([answer.status, bodyOf(answer)]).toEqual([
    202,
    {
      account: "render",
      accepted: true,
      waitingFor: {
        reason: "NoSignalYet",
        detail: expect.stringContaining("another consumer"),
        since: expect.stringMatching(/Z$/),
      },
    },
  ]);
  expectProblem(await send({ proof: "wrong" }), 403, "ProofRefused");
  expect(bodyOf(await send({ consumer: "etl" }))).toMatchObject({ accepted: true, waitingFor: null });
  expect(await get("checkAccount", "/check")).toMatchObject({ status: 200, headers: noStore });

  const asked = await host.rotate("render", { reason: "  a leak drill  " });
  expect([asked.status, asked.headers["location"]]).toEqual([202, "/api/accounts/render"]);
  expect(bodyOf(asked)).toEqual(bodyOf(await host.get("render")));
  expect(statusOf(asked)).toMatchObject({ phase: "published", rotation: { reason: "a leak drill" } });
  expectProblem(await host.rotate("render", { reason: "again" }), 409, "RotationUnderWay");
  await send();
  expect(bodyOf(await send({ consumer: "etl" }))).toMatchObject({ waitingFor: null });

  const { lastRotation } = await host.status("render");
  const page: { events: { event: string }[]; next: string } = JSON.parse(
    (await get("accountHistory", "/history?limit=2")).text,
  );
  expect(page.events.map(({ event }) => event)).toEqual(["RotationCompleted", "KeyRetired"]);
  const following = bodyOf(await get("accountHistory", `/history?limit=2&before=${page.next}`));
  expect(following).toMatchObject({ events: [{ event: "KeyPublished" }, { event: "KeyRegenerated" }] });
  expect(expectProblem(await get("accountHistory", "/history?limit=0"), 400, "InvalidRequest")).toEqual(["limit"]);
  expect(bodyOf(await get("rotationRecord", `/rotations/${lastRotation?.id}`))).toMatchObject({ outcome: "completed" });
  const report = {
    method: "GET",
    path: `/accounts/render/rotations/${lastRotation?.id}`,
    keyOf: "rotationRecord",
  } as const;
  expect(await host.call({ ...report, headers: { accept: "text/plain" } })).toMatchObject({
    status: 200,
    headers: { ...noStore, "content-type": "text/plain; charset=utf-8" },
    text: expect.stringMatching(new RegExp(`^Rotation ${lastRotation?.id} of render\n[^]*\nConfirmed by\n`)),
  });
  for (const id of ["01JZZZZZZZZZZZZZZZZZZZZZZZ", "x'", "%00", "__proto__"]) {
    expectProblem(await get("rotationRecord", `/rotations/${id}`), 404, "UnknownRotation");
  }
});

test.each([
  ["control characters", "\u0000\u0007"],
  ["half a character", "\ud83d"],
  ["wide characters", "\u{1f600} ﷽".repeat(100)],
  ["quotes", "'; -- \" \\"],
])("a detail of %s is stored", async (_what, detail) => {
  expect((await send({ consumer: "etl", healthy: false, detail })).status).toBe(202);
  expect((await host.get("render")).status).toBe(200);
});

test("concurrent signals are all stored", async () => {
  const instances = Array.from({ length: 20 }, (_, index) => `burst-${index}`);
  const answers = await Promise.all(instances.map((instance) => send({ consumer: "etl", instance })));
  expect(answers.map((answer) => [answer.status, Object(bodyOf(answer)).accepted])).toEqual(
    instances.map(() => [202, true]),
  );
  const { consumers } = await host.status("render");
  expect(consumers.flatMap((consumer) => consumer.instances.map(({ id }) => id))).toEqual(
    expect.arrayContaining(instances),
  );
});

/** As a caller does: while another request holds the claim, the same request is sent again. */
const rotateWhenFree = async (body: object, headers: Readonly<Record<string, string>>): Promise<Answer> => {
  for (;;) {
    const answer = await host.rotate("render", body, headers);
    if (answer.status !== 409 || answer.headers["retry-after"] === undefined) return answer;
  }
};

test("concurrent requests with one Idempotency-Key start one rotation, which the key finds after its end", async () => {
  await send({ consumer: "etl" });
  const { journal } = world.emulators;
  const before = journal.count("arm.regenerateKeys");
  const headers = { "idempotency-key": "Ticket_42-a" };
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => rotateWhenFree({ reason: "all at once" }, headers)),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
  const ids = new Set(answers.map((answer) => statusOf(answer).rotation?.id));
  expect([ids.size, journal.count("arm.regenerateKeys") - before]).toEqual([1, 1]);

  await host.operate("render", "approve", { reason: "its end" });
  const repeated = await host.rotate("render", { reason: "all at once " }, headers);
  expect([repeated.status, statusOf(repeated).phase, statusOf(repeated).lastRotation?.id]).toEqual([
    202,
    "idle",
    ...ids,
  ]);
  expectProblem(await host.rotate("render", { reason: "another" }, headers), 422, "IdempotencyKeyReused");
});
