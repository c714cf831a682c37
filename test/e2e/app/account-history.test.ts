import { type Answer, bodyOf, type Host } from "./host";
import type { PlacedAccount } from "./placed-account";
import { expectProblem } from "./problem";
import { openWorld, type DeployedApp } from "./world";

interface Page {
  readonly events: readonly { readonly id: string; readonly event: string }[];
  readonly next: string | null;
}

let world: DeployedApp;
let host: Host;
let render: PlacedAccount;

beforeAll(async () => {
  world = await openWorld();
  render = world.place({ name: "render" });
  host = await world.host([render]);
  await host.tick();
  await host.signal("render", render.signal());
  await host.rotate("render", { reason: "a history of events" });
  await host.signal("render", render.signal());
});
afterAll(() => world.close());

const history = (query = ""): Promise<Answer> =>
  host.call({ method: "GET", path: `/accounts/render/history${query}`, keyOf: "accountHistory" });

const page = async (query: string): Promise<Page> => JSON.parse((await history(query)).text);

test("the history is newest first, and each event has kind, time, rotation and author", async () => {
  const answer = await history();
  expect(answer.status).toBe(200);
  const { events, next } = await page("");
  expect(next).toBeNull();
  expect(events.map(({ event }) => event)).toEqual([
    "RotationCompleted",
    "KeyRetired",
    "KeyPublished",
    "KeyRegenerated",
    "RotationStarted",
    "Adopted",
  ]);
  const { lastRotation } = await host.status("render");
  expect(events[4]).toMatchObject({
    id: expect.any(String),
    at: expect.stringMatching(/Z$/),
    event: "RotationStarted",
    rotationId: lastRotation?.id,
    by: "demand",
    detail: expect.stringContaining("a history of events"),
  });
  expect(events[5]).toMatchObject({ event: "Adopted", rotationId: null, by: "signal:render-api" });
});

test("pages follow one another without gaps or repeats", async () => {
  const all = (await page("")).events.map(({ id }) => id);
  const found: string[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const { events, next: following }: Page = await page(`?limit=4${next === "" ? "" : `&before=${next}`}`);
    expect(events.length).toBeLessThanOrEqual(4);
    found.push(...events.map(({ id }) => id));
    next = following;
  }
  expect(found).toEqual(all);
});

test("an invalid page is refused with all problems", async () => {
  const wrong: readonly [string, readonly string[]][] = [
    ["?limit=0", ["limit"]],
    ["?limit=501", ["limit"]],
    ["?limit=", ["limit"]],
    ["?limit=ten&before=yesterday", ["limit", "before"]],
    ["?before=-1", ["before"]],
    ["?before=9999999999999999", ["before"]],
  ];
  for (const [query, places] of wrong) {
    expect([query, expectProblem(await history(query), 400, "InvalidRequest")]).toEqual([query, places]);
  }
  expect(await page("?before=1")).toEqual({ events: [], next: null });
});

test("the report of a rotation is found by id, and an unknown id is not found", async () => {
  const record = (id: string): Promise<Answer> =>
    host.call({ method: "GET", path: `/accounts/render/rotations/${id}`, keyOf: "rotationRecord" });
  const { lastRotation } = await host.status("render");
  const answer = await record(lastRotation?.id ?? "");
  expect([answer.status, bodyOf(answer)]).toEqual([
    200,
    expect.objectContaining({ rotationId: lastRotation?.id, outcome: "completed" }),
  ]);
  for (const id of ["01JZZZZZZZZZZZZZZZZZZZZZZZ", "x'", "%00", "__proto__"]) {
    expect(expectProblem(await record(id), 404, "UnknownRotation")).toEqual([]);
  }
});
