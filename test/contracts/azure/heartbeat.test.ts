import { HttpsHeartbeat, noHeartbeat } from "../../../lib/alarms/heartbeat";
import { type HealthApp, startHealthApp } from "../../rig/health-app";

let server: HealthApp;
/** The time limits that the adapter asked for. */
let limits: number[];
/** Ends the limit of the call under way. */
let endLimit: () => void;

beforeEach(async () => {
  limits = [];
  server = await startHealthApp();
  server.answer = (_request, response) => response.writeHead(200).end("OK");
});
afterEach(() => server.close());

const clock = {
  abortAfter: (ms: number): AbortSignal => {
    const controller = new AbortController();
    limits.push(ms);
    endLimit = () => controller.abort();
    return controller.signal;
  },
};
const aHeartbeat = (path: string, { reportsFailures = true, url = server.url } = {}): HttpsHeartbeat =>
  new HttpsHeartbeat({ url: new URL(path, url).href, reportsFailures, clock });
const called = (): readonly string[] => server.asked.map(({ path }) => path);

describe("a heartbeat over https", () => {
  it("calls the address as it is after a good run, for 3 s at most", async () => {
    await aHeartbeat("/5d1c?tag=rotator").report("good");
    expect([called(), limits]).toEqual([["/5d1c?tag=rotator"], [3_000]]);
  });

  it.each([
    ["/5d1c", "/5d1c/fail"],
    ["/5d1c/", "/5d1c/fail"],
    ["/5d1c?tag=rotator", "/5d1c/fail?tag=rotator"],
    ["/", "/fail"],
  ])("calls %s as %s after a bad run", async (path, failed) => {
    await aHeartbeat(path).report("bad");
    expect(called()).toEqual([failed]);
  });

  it("does not call after a bad run where failures are not reported", async () => {
    await aHeartbeat("/5d1c", { reportsFailures: false }).report("bad");
    expect(called()).toEqual([]);
  });

  it("follows no redirect: the address is a secret", async () => {
    server.answer = (_request, response) => response.writeHead(307, { location: "/elsewhere" }).end();
    await aHeartbeat("/5d1c").report("good");
    expect(called()).toEqual(["/5d1c"]);
  });

  it.each([404, 500, 503])("calls once where the answer is %i", async (status) => {
    server.answer = (_request, response) => response.writeHead(status).end();
    await aHeartbeat("/5d1c").report("good");
    expect(called()).toEqual(["/5d1c"]);
  });

  it("waits no longer than its limit for an answer, and does not read one that never ends", async () => {
    server.answer = () => endLimit();
    await aHeartbeat("/5d1c").report("good");
    server.answer = (_request, response) => {
      response.writeHead(200);
      response.write("x".repeat(64 * 1024));
    };
    await aHeartbeat("/5d1c").report("good");
    expect(called()).toEqual(["/5d1c", "/5d1c"]);
  });

  it("throws and writes nothing where the service cannot be reached or trusted", async () => {
    const untrusted = await startHealthApp({ trusted: false });
    const { url } = server;
    await server.close();
    const written = [jest.spyOn(process.stdout, "write"), jest.spyOn(process.stderr, "write")];
    try {
      for (const address of [url, untrusted.url]) await aHeartbeat("/5d1c", { url: address }).report("good");
      expect(untrusted.asked).toEqual([]);
      expect(written.flatMap((spy) => spy.mock.calls)).toEqual([]);
    } finally {
      jest.restoreAllMocks();
      await untrusted.close();
    }
  });
});

test("without an address nothing is called", async () => {
  await noHeartbeat.report("good");
  await noHeartbeat.report("bad");
  expect(called()).toEqual([]);
});
