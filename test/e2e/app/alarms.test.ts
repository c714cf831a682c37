import { Webhook as StandardWebhook } from "standardwebhooks";
import { LocalReceiver, type Request } from "../../unit/alarms/receiver";
import { until } from "../local-host/until";
import type { Host } from "./host";
import type { PlacedAccount } from "./placed-account";
import { openWorld, type DeployedApp } from "./world";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

let world: DeployedApp;
let receiver: LocalReceiver;

beforeAll(async () => {
  [world, receiver] = await Promise.all([openWorld(), new LocalReceiver().start()]);
});
afterAll(async () => {
  await world.close();
  await receiver.stop();
});
beforeEach(() => {
  receiver.requests.length = 0;
});

const hostOf = (accounts: readonly PlacedAccount[], env: Readonly<Record<string, string>> = {}): Promise<Host> =>
  world.host(accounts, { ROTATION_ALERT_WEBHOOK_URL: receiver.url, ROTATION_ALERT_WEBHOOK_SECRET: secret, ...env });

interface Received {
  readonly id: string;
  readonly subject?: string;
  readonly data: { readonly event: string; readonly kind?: string; readonly detail: string };
}

/** The received events, with signatures verified by the public package. */
const received = ({ body, headers }: Request): Received => {
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  new StandardWebhook(secret).verify(body, Object.fromEntries(names.map((name) => [name, String(headers[name])])));
  const event: Received = JSON.parse(body);
  expect(headers["webhook-id"]).toBe(event.id);
  return event;
};

const receivedKinds = () => receiver.requests.map(received).map(({ data }) => [data.event, data.kind ?? null]);

test("several processes together send one alarm about invalid settings and one about their end", async () => {
  const render = world.place({ name: "render" });
  const wrong = { ROTATION_ACCOUNTS: '{ "accounts": "LEAKED" }', ROTATION_DRY_RUN: "LEAKED" };
  for (let process = 1; process <= 2; process++) {
    const host = await hostOf([], wrong);
    for (let run = 1; run <= 2; run++) {
      await host.fireTimer();
      await until("a run of the timer", () => host.logged("ConfigurationState").length >= run);
    }
    await until("the alarm", () => receiver.requests.length > 0);
    expect(host.logged("ConfigurationInvalid")).toHaveLength(process === 1 ? 1 : 0);
    expect([host.logged("NotificationDelayed"), host.logged("Tick")]).toEqual([[], []]);
    await host.stop();
  }
  expect(receivedKinds()).toEqual([["ConfigurationInvalid", null]]);
  const [alarm] = receiver.requests.map(received);
  expect(alarm?.data.detail).toMatch(/ROTATION_ACCOUNTS.*: .*ROTATION_DRY_RUN: must be true or false/);
  expect(alarm).not.toHaveProperty("subject");
  expect(JSON.stringify(receiver.requests)).not.toContain("LEAKED");

  const host = await hostOf([render]);
  await host.tick();
  await host.tick();
  expect(receivedKinds()).toEqual([
    ["ConfigurationInvalid", null],
    ["AlarmCleared", "ConfigurationInvalid"],
  ]);
  expect(host.logged("AlarmCleared")).toMatchObject([{ account: null, kind: "ConfigurationInvalid" }]);
  await host.stop();
});
