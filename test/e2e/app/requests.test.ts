import { type Answer, bodyOf, type Call, type Host } from "./host";
import type { PlacedAccount } from "./placed-account";
import { expectProblem } from "./problem";
import { openWorld, type DeployedApp } from "./world";
import { words } from "../../builders/words";

const maxBody = 16 * 1024;

let world: DeployedApp;
let host: Host;
let render: PlacedAccount;

beforeAll(async () => {
  world = await openWorld();
  render = world.place({ name: "render" });
  host = await world.host([render]);
  await host.tick();
});
afterAll(() => world.close());

const routes: readonly { readonly keyOf: string; readonly method: "GET" | "POST"; readonly path: string }[] = [
  { keyOf: "listAccounts", method: "GET", path: "/accounts" },
  { keyOf: "coverage", method: "GET", path: "/coverage" },
  { keyOf: "accountStatus", method: "GET", path: "/accounts/render" },
  { keyOf: "accountHistory", method: "GET", path: "/accounts/render/history" },
  { keyOf: "checkAccount", method: "GET", path: "/accounts/render/check" },
  { keyOf: "rotationRecord", method: "GET", path: "/accounts/render/rotations/01JZZZZZZZZZZZZZZZZZZZZZZZ" },
  { keyOf: "rotateOnDemand", method: "POST", path: "/accounts/render/rotations" },
  { keyOf: "receiveSignal", method: "POST", path: "/accounts/render/signals" },
  { keyOf: "operateAccount", method: "POST", path: "/accounts/render/pause" },
];
const posts = routes.filter(({ method }) => method === "POST");

const post = (
  { keyOf, path }: Pick<Call, "keyOf" | "path">,
  body: NonNullable<Call["body"]>,
  contentType = "application/json",
): Promise<Answer> => host.call({ keyOf, path, method: "POST", body, headers: { "content-type": contentType } });

const inPieces = (text: string): ReadableStream<Uint8Array> => new Blob([text.slice(0, 100), text.slice(100)]).stream();

test.each(routes)("$method $path accepts only its own key", async ({ keyOf, method, path }) => {
  const others = routes.filter((route) => route.keyOf !== keyOf).map((route) => route.keyOf);
  for (const key of [...others, "unknown", null]) {
    expect([key, (await host.call({ method, path, keyOf: key })).status]).toEqual([key, 401]);
  }
  // Without an account the key is accepted and the route finds nothing.
  const elsewhere = path.replace("render", "other");
  expect((await host.call({ method, path: elsewhere, keyOf })).status).toBe(path === elsewhere ? 200 : 404);
});

test("an unsupported method is not found, with or without a key, and changes nothing", async () => {
  const before = (await host.get("render")).text;
  for (const { keyOf, method, path } of routes) {
    for (const other of ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", method === "GET" ? "POST" : "GET"] as const) {
      // `GET /accounts/{account}/rotations` and similar are not routes; `POST` there may belong to another function.
      for (const key of [keyOf, null]) {
        const { status } = await host.call({ method: other, path, keyOf: key });
        expect([other, path, status]).toEqual([other, path, other === "POST" && status === 401 ? 401 : 404]);
      }
    }
  }
  expect((await host.get("render")).text).toBe(before);
});

test("unknown query parameters and headers do not change an answer", async () => {
  const plain = await host.get("render");
  const odd = await host.call({
    method: "GET",
    path: "/accounts/render?account=other&action=pause&%00=%ff&limit=-1&a[]=1&__proto__=x",
    keyOf: "accountStatus",
    headers: {
      "x-rotation-nonce": "x",
      "x-http-method-override": "POST",
      "x-original-url": "/api/accounts/render/pause",
    },
  });
  expect([odd.status, odd.text]).toEqual([200, plain.text]);
});

test("a repeated Idempotency-Key header is refused by name", async () => {
  const answer = await host.call({
    method: "POST",
    path: "/accounts/render/rotations",
    keyOf: "rotateOnDemand",
    body: JSON.stringify({ reason: "x" }),
    headers: [
      ["content-type", "application/json"],
      ["idempotency-key", "a"],
      ["idempotency-key", "b"],
    ],
  });
  expect(expectProblem(answer, 400, "InvalidRequest")).toEqual(["Idempotency-Key"]);
});

describe.each(posts)("POST $path", (route) => {
  test("accepts only a JSON object of at most 16 KiB, in one piece or in several", async () => {
    expect(expectProblem(await post(route, "{}", "text/plain"), 415, "NotJson")).toEqual([]);
    for (const body of ["", "{", "null", "[]", '"x"', "[".repeat(8_000)]) {
      const answer = await post(route, body);
      expect([body, expectProblem(answer, 400, "InvalidRequest")]).toEqual([body, [""]]);
    }
    const longest = `{}${" ".repeat(maxBody - 2)}`;
    expectProblem(await post(route, longest), 400, "InvalidRequest");
    expectProblem(await post(route, `${longest} `), 413, "BodyTooLarge");
    expectProblem(await post(route, inPieces(`${longest} `)), 413, "BodyTooLarge");
  });

  test("answers 400 for JSON in another encoding, with duplicate members or deep nesting", async () => {
    const bodies: readonly NonNullable<Call["body"]>[] = [
      Buffer.from('{"reason":"x"}', "utf16le"),
      Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
      Buffer.from([0x1f, 0x8b, 0x08, 0x00]),
      '{"reason":1,"reason":2}',
      '{"reason":"x"}{"reason":"x"}',
      '{"reason":1e999,"healthy":-0,"at":"+275760-09-13T00:00:00.001Z"}',
      `${'{"reason":'.repeat(1_000)}"x"${"}".repeat(1_000)}`,
      "[".repeat(4_000) + "]".repeat(4_000),
    ];
    for (const body of bodies) {
      const headers = { "content-type": "application/json", "content-encoding": "gzip" };
      expect(expectProblem(await host.call({ ...route, body, headers }), 400, "InvalidRequest")).not.toEqual([]);
    }
  });
});

test("an account that is not configured is not found, however its name is encoded", async () => {
  for (const name of words("other RENDER render%20 render' __proto__ constructor ..%2Frender %00 %E2%82%AC")) {
    for (const { method, path, keyOf } of routes.filter((route) => route.path.startsWith("/accounts/render"))) {
      const answer = await host.call({ method, path: path.replace("render", name), keyOf });
      expect(expectProblem(answer, 404, "UnknownAccount")).toEqual([]);
    }
  }
});

test("no input causes a 500, and input that looks like a key is never repeated", async () => {
  const key = render.keys().primary;
  const texts = [key, `leaked: ${key}!`, "\u0000", "\ud83d", "${jndi:x}", "<b>", "'\"--", "%s%n"];
  for (const text of texts) {
    for (const body of [{ reason: text }, { [text]: text }, { reason: [text] }, { consumer: text, at: text }]) {
      for (const route of posts) {
        const answer = await post(route, JSON.stringify(body));
        expect([200, 202, 400, 409]).toContain(answer.status);
        expect(answer.text.includes(key)).toBe(false);
        expect(bodyOf(answer)).not.toBeNull();
      }
    }
  }
  expect(JSON.stringify(await world.rows.all()).includes(key)).toBe(false);
  expect(host.lines.join("\n").includes(key)).toBe(false);
});
