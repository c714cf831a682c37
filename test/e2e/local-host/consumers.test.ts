import { createHmac } from "node:crypto";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import type { Vault } from "../../emulators/vault";
import { type Child, nodeCommand, pythonCommand, startChild } from "../../local/child-process";
import { LocalReceiver, type Request } from "../../unit/alarms/receiver";
import { hasPython } from "../../local/python";
import { until } from "./until";

interface Signal {
  readonly account: string;
  readonly functionsKey: string;
  readonly body: {
    readonly consumer: string;
    readonly instance: string;
    readonly secretVersion: string;
    readonly healthy: boolean;
    readonly at: string;
    readonly proof: string;
  };
}

/** A signal that the rotator's place has received. */
const signalOf = ({ url = "", headers, body }: Request): Signal => ({
  account: /^\/api\/accounts\/([^/]+)\/signals$/.exec(url)?.[1] ?? "",
  functionsKey: String(headers["x-functions-key"]),
  body: JSON.parse(body),
});

const languages = [
  ["TypeScript", nodeCommand("consumers/consumer.ts")] as const,
  ...(hasPython ? [["Python", pythonCommand("consumers/consumer.py")] as const] : []),
];

const accounts = ["render", "etl"];
let emulators: Emulators;
let rotator: LocalReceiver;
let vaults: Readonly<Record<string, Vault>>;
const children: Child[] = [];

beforeAll(async () => {
  emulators = await startEmulators();
  rotator = await new LocalReceiver().start();
  rotator.answers = (response) => response.writeHead(202, { "content-type": "application/json" }).end("{}");
  vaults = { render: await emulators.addVault("render"), etl: await emulators.addVault("etl") };
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.stop()));
});
afterAll(async () => {
  await rotator.stop();
  await emulators.close();
});

const vaultOf = (account: string): Vault => {
  const vault = vaults[account];
  if (vault === undefined) {
    throw new Error(`no vault for ${account}`);
  }
  return vault;
};

const publish = (account: string, batchAccount: string, slot: "primary" | "secondary"): string =>
  vaultOf(account).seed(`${batchAccount}-key`, { value: emulators.batch.keys(batchAccount)[slot] }).version;

const signals = (): readonly Signal[] => rotator.requests.map(signalOf);

const signalled = (account: string, version: string): Signal | null =>
  signals().find((signal) => signal.account === account && signal.body.secretVersion === version) ?? null;

describe.each(languages)("the %s consumer", (language, command) => {
  const batchAccountOf = (account: string) => `${account}${language.toLowerCase()}`;
  const lines: string[] = [];

  const start = (): Child => {
    lines.length = 0;
    rotator.requests.length = 0;
    const child = startChild({
      name: language,
      ...command,
      env: {
        PATH: process.env["PATH"],
        ...emulators.env,
        CONSUMER_NAME: "render-api",
        CONSUMER_INSTANCE: "vm-1",
        CONSUMER_SIGNAL_KEY: "signal-key",
        CONSUMER_ROTATOR_URL: new URL("/api", rotator.url).href,
        CONSUMER_REFRESH_MS: "300",
        CONSUMER_ACCOUNTS: JSON.stringify(
          accounts.map((account) => ({
            account,
            batchAccountName: batchAccountOf(account),
            dataPlaneHost: emulators.dataPlaneHost,
            vaultUrl: vaultOf(account).url,
            secretName: `${batchAccountOf(account)}-key`,
          })),
        ),
      },
      onLine: (line) => lines.push(line),
    });
    children.push(child);
    return child;
  };

  const newestCounts = (): Record<string, unknown> =>
    JSON.parse(lines.findLast((line) => line.startsWith("{")) ?? "{}");
  beforeAll(() => {
    for (const account of accounts) {
      emulators.batch.addAccount({ name: batchAccountOf(account) });
    }
  });

  test("calls Batch with the published key, changes to a new version, and proves its key", async () => {
    const render = batchAccountOf("render");
    const first = publish("render", render, "primary");
    const child = start();
    const { functionsKey, body } = await until("a signal of the first version", () => signalled("render", first));

    expect(functionsKey).toBe("signal-key");
    expect(body).toMatchObject({ consumer: "render-api", instance: "vm-1", healthy: true });
    const message = `batch-key-proof-v1\nrender\nrender-api\nvm-1\n${first}\ntrue\n${body.at}`;
    const key = Buffer.from(emulators.batch.keys(render).primary, "base64");
    expect(body.proof).toBe(createHmac("sha256", key).update(message).digest("base64"));
    // The other account has no secret yet, so there is no signal of it.
    expect(signals().some(({ account }) => account === "etl")).toBe(false);

    const second = publish("render", render, "secondary");
    const moved = await until("a signal of the second version", () => signalled("render", second));
    expect(moved.body.healthy).toBe(true);
    // It has reported the new version, so its old key may die without a refused call.
    emulators.batch.regenerateManually(render, "primary");
    const before = emulators.batch.calls(render).answered;
    await until("more calls", () => emulators.batch.calls(render).answered > before + 10);
    expect(emulators.batch.calls(render).refused).toBe(0);

    const etl = publish("etl", batchAccountOf("etl"), "primary");
    await until("a signal of the account with the late secret", () => signalled("etl", etl));

    expect(await child.stop()).toEqual({ code: 0, signal: null });
    expect(newestCounts()).toMatchObject({ language, refused: 0, failed: 0, signalsRefused: 0, lastProblem: null });
  });

  test("keeps its key while the vault fails, and reports unhealthy when Batch refuses it", async () => {
    const etl = batchAccountOf("etl");
    const version = publish("etl", etl, "primary");
    const child = start();
    await until("a signal", () => signalled("etl", version));

    vaultOf("etl").deny("getSecret/action");
    await until("a failed refresh", () => Number(newestCounts()["vaultFailures"]) > 0);
    const before = emulators.batch.calls(etl).answered;
    await until("more calls", () => emulators.batch.calls(etl).answered > before + 5);

    emulators.batch.regenerateManually(etl, "primary");
    await until("an unhealthy signal", () => signals().some(({ body }) => !body.healthy));
    vaultOf("etl").allow("getSecret/action");
    const restored = publish("etl", etl, "primary");
    await until("a healthy signal", () => signalled("etl", restored)?.body.healthy ?? null);

    expect(await child.stop()).toEqual({ code: 0, signal: null });
    expect(Number(newestCounts()["refused"])).toBeGreaterThan(0);
    const output = lines.join("\n");
    expect(emulators.batch.issuedKeys().filter((key) => output.includes(key))).toEqual([]);
  });

  test("calls all the time, and names itself in each request", async () => {
    publish("render", batchAccountOf("render"), "primary");
    publish("etl", batchAccountOf("etl"), "primary");
    const child = start();
    await until("40 calls", () => Number(newestCounts()["answered"]) >= 40);
    const own = emulators.journal.of("batch.listPools").filter(({ clientRequestId }) => clientRequestId !== null);
    expect(own.every(({ clientRequestId }) => clientRequestId?.startsWith("render-api/vm-1/"))).toBe(true);
    expect(emulators.journal.unknown).toEqual([]);
    await child.stop();
  });
});
