import { type HealthApp, startHealthApp } from "../../rig/health-app";
import { until } from "../local-host/until";
import type { Host } from "./host";
import type { PlacedAccount } from "./placed-account";
import { openWorld, type DeployedApp } from "./world";

const token = "not-for-the-log";

let world: DeployedApp;
let service: HealthApp;
let render: PlacedAccount;

beforeAll(async () => {
  [world, service] = await Promise.all([openWorld(), startHealthApp()]);
  render = world.place({ name: "render" });
});
beforeEach(() => {
  service.asked.length = 0;
  service.answer = (_request, response) => response.writeHead(200).end("OK");
});
afterEach(() => world.emulators.faults.clear());
afterAll(async () => {
  await world.close();
  await service.close();
});

const hostOf = (env: Readonly<Record<string, string>>): Promise<Host> =>
  world.host([render], { ROTATION_HEARTBEAT_URL: new URL(`/${token}`, service.url).href, ...env });
const noStorage = (): void => {
  world.emulators.faults.add({ route: "tables.*", when: "before", kind: "status", status: 500 });
};
const called = (count: number): Promise<unknown> =>
  until("the heartbeats", () => service.asked.length >= count && service.asked);
const paths = (): readonly string[] => service.asked.map(({ path }) => path);

test("a good tick is reported; one that cannot read its tables only where failures are", async () => {
  const [silent, reporting] = [await hostOf({}), await hostOf({ ROTATION_HEARTBEAT_FAIL: "true" })];
  await silent.tick();
  await called(1);
  noStorage();
  await silent.tick();
  await reporting.tick();
  await called(2);
  expect(paths()).toEqual([`/${token}`, `/${token}/fail`]);
  expect([...silent.lines, ...reporting.lines].join("\n")).not.toContain(token);
  await Promise.all([silent.stop(), reporting.stop()]);
});

test("a run with wrong settings is no good one", async () => {
  const host = await hostOf({ ROTATION_HEARTBEAT_FAIL: "true", ROTATION_DRY_RUN: "maybe" });
  await host.fireTimer();
  await called(1);
  expect(paths()).toEqual([`/${token}/fail`]);
  await host.stop();
});

test("a service that does not answer holds up no tick and no request", async () => {
  const host = await hostOf({});
  /** How many runs had written their last line when the service was called. */
  const ended: number[] = [];
  service.answer = () => void ended.push(host.logged("Tick").length);
  await host.tick();
  await called(1);
  expect(ended).toEqual([1]);
  expect((await host.status("render")).phase).not.toBeNull();
  await until("the next tick", async () => {
    await host.tick();
    return service.asked.length >= 2;
  });
  expect(host.lines.join("\n")).not.toContain(token);
  await host.stop();
});
