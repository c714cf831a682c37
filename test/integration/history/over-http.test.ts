import { TransientServiceError } from "../../../lib/errors";
import type { Ports } from "../../../lib/ports/ports";
import { openSurface, type Surface } from "../../rig/surface";
import { StoredHistory, type StoredPlace } from "./stored-history";

let tables: StoredHistory;
let place: StoredPlace;
let surface: Surface;

beforeAll(async () => {
  [tables, surface] = await Promise.all([StoredHistory.open(), openSurface()]);
  place = await tables.rotated();
  surface.use(place.rig.app);
});
afterAll(() => tables.close());

const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  surface.call({ method: "GET", path: `/accounts/account-1${path}`, headers });

const body = async (path: string) => {
  const answer = await get(path);
  expect(answer.status).toBe(200);
  return answer.body;
};

const rotationId = async (): Promise<string> => {
  const started = (await place.storedEvents()).find(({ event }) => event === "RotationStarted");
  return started?.rotationId ?? "";
};

it("verify=true checks the history, and reports an alteration", async () => {
  expect(await body("/history?verify=true")).toMatchObject({
    account: "account-1",
    intact: true,
    events: 6,
    problems: [],
  });
  const row = await place.row(4);
  await place.put({ ...row, by: "operator:mallory" });
  expect(await body("/history?verify=true")).toMatchObject({
    intact: false,
    problems: [{ sequence: 4, id: row["id"], problem: "is not as it was written" }],
  });
  await place.put({ ...row, evidence: "{" });
  expect(await body("/history?verify=true")).toMatchObject({
    intact: false,
    problems: [{ sequence: 4, problem: expect.stringContaining(row.rowKey) }],
  });
  expect(await body("/history?limit=4")).toMatchObject({
    events: [{ event: "RotationCompleted" }, { event: "KeyRetired" }, { event: "KeyRegenerated" }],
    next: "3",
    unreadable: [{ sequence: 4, problem: expect.stringContaining(row.rowKey) }],
  });
  expect(await get(`/rotations/${String(row["rotationId"])}`)).toMatchObject({
    status: 409,
    body: { reason: "RecordCorrupt", detail: expect.stringContaining(row.rowKey) },
  });
  await place.put(row);
  expect(await body("/history?limit=2")).toMatchObject({
    events: [{ event: "RotationCompleted" }, { event: "KeyRetired" }],
    next: "5",
  });
});

it("the report of a rotation is JSON", async () => {
  const id = await rotationId();
  expect(await get(`/rotations/${id}`)).toMatchObject({
    status: 200,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: { rotationId: id, outcome: "completed", confirmations: [{ consumer: "render-api", instance: "vm-1" }] },
  });
});

it("an unknown rotation is not found", async () => {
  expect(await get("/rotations/01JDF0000000000000000OTHER")).toMatchObject({
    status: 404,
    headers: { "content-type": "application/problem+json" },
    body: { reason: "UnknownRotation" },
  });
});

it("an unavailable table is a warning, a defect an error, and both lines contain only the failure", async () => {
  const { rig } = place;
  const failing = (error: Error): void => {
    const { ports } = rig.app;
    const fail = async () => {
      throw error;
    };
    const history: Ports["history"] = {
      append: fail,
      page: fail,
      newestOf: fail,
      lastBefore: fail,
      removeThrough: fail,
    };
    surface.use({ ...rig.app, ports: { ...ports, history } });
  };
  failing(new TransientServiceError({ operation: "Tables query entities", statusCode: 503 }));
  expect(await get("/history")).toMatchObject({ status: 503 });
  failing(new TypeError("a message that may quote anything"));
  expect(await get("/history")).toMatchObject({ status: 500 });
  expect(rig.logged("RequestFailed")).toEqual([
    { event: "RequestFailed", level: "warn", detail: "Tables query entities, status 503: not done, tried again later" },
    {
      event: "RequestFailed",
      level: "error",
      detail: "unexpected TypeError",
      stack: expect.stringMatching(/^\s+at \S+/),
    },
  ]);
  surface.use(rig.app);
});
