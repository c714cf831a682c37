import type { TokenCredential } from "@azure/identity";
import { createServer as createProxy, type Server } from "node:http";
import { createServer as createTarget } from "node:https";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { HttpsHeartbeat } from "../../../lib/alarms/heartbeat";
import { Webhook } from "../../../lib/alarms/webhook";
import { AzureBatchKeys } from "../../../lib/azure/batch/batch-keys";
import { KeyVaultSecrets } from "../../../lib/azure/key-vault/key-vault-secrets";
import { ArmPermissions } from "../../../lib/azure/sdk/permissions";
import { BatchKey } from "../../../lib/batch-key";
import { proxyFor } from "../../../lib/outgoing/fetch";
import { FetchHealthChecks } from "../../../lib/signals/health-client";
import { systemClock } from "../../../lib/system";
import { testCertificates } from "../../emulators/certificate-authority";
import { type Emulators, startEmulators } from "../../emulators/emulators";
import { issueToken } from "../../emulators/tokens";
import { thrownBy } from "./leaks";

const call = { signal: new AbortController().signal };
const settings = ["HTTPS_PROXY", "NO_PROXY"] as const;
const before = settings.map((name) => [name, process.env[name]] as const);

/** The hosts that were asked for, and the credentials they were asked with. */
const seen: string[] = [];
/** Whether the proxy refuses every connection. */
let refuses = false;

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};
const listening = <S extends Server>(server: S): Promise<S> =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));

const tunnels = new Set<Duplex>();

/** A proxy that opens tunnels to this machine. */
const proxy = createProxy().on("connect", (request, socket) => {
  seen.push(`${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
  if (refuses) {
    socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    return;
  }
  const upstream = connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    upstream.pipe(socket).pipe(upstream);
  });
  tunnels.add(socket).add(upstream);
  upstream.on("error", () => socket.destroy());
  socket.on("error", () => upstream.destroy());
});

let emulators: Emulators;

/** Tokens without an identity endpoint, which no proxy reaches. */
const credential: TokenCredential = {
  getToken: async (scopes) => {
    const resource = String(scopes).replace(/\/\.default$/, "");
    return { token: issueToken({ resource, lifetimeSeconds: 3600 }).token, expiresOnTimestamp: Date.now() + 3_600_000 };
  },
};
const armScope = "https://management.azure.com/.default";
const batchOf = () => new AzureBatchKeys({ credential, armEndpoint: emulators.armUrl, armScope, clock: systemClock });
const addAccount = () => {
  const { name, resourceId, resourceGroup, subscriptionId } = emulators.batch.addAccount({ name: "proxied" });
  return { resourceId, resourceGroup, subscriptionId, accountName: name };
};
let account: ReturnType<typeof addAccount>;
let target: Server;
const bodies: string[] = [];

beforeAll(async () => {
  await listening(proxy);
  process.env["HTTPS_PROXY"] = `http://ada:s%40fe@127.0.0.1:${portOf(proxy)}`;
  process.env["NO_PROXY"] = "127.0.0.1,.direct.example";
  emulators = await startEmulators();
  account = addAccount();
  const { cert, key } = await testCertificates();
  target = await listening(
    createTarget({ cert, key }, (request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        bodies.push(body);
        response.end('{"healthy":true}');
      });
    }),
  );
});
afterAll(async () => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await emulators.close();
  for (const socket of tunnels) socket.destroy();
  for (const server of [proxy, target]) {
    server.closeAllConnections();
    server.close();
  }
});
beforeEach(() => {
  seen.length = 0;
  refuses = false;
});

const event = {
  id: "01JD",
  at: "2026-11-24T10:00:00.000Z",
  event: "RotationStalled",
  account: null,
  rotationId: null,
  reason: null,
  detail: "stalled",
  by: "schedule",
} as const;

/** Every kind of call to another machine, and whether it succeeded. */
const calls: readonly (readonly [string, () => Promise<boolean>])[] = [
  ["Resource Manager", async () => (await batchOf().readKeys(account, call)).primary instanceof BatchKey],
  [
    "Batch's data plane",
    async () => {
      const batch = batchOf();
      const { primary } = await batch.readKeys(account, call);
      seen.length = 0;
      return (await batch.probe(account, emulators.dataPlaneHost, primary, call)) === "accepted";
    },
  ],
  [
    "Key Vault",
    async () => {
      const { url } = await emulators.addVault("behind");
      const secrets = new KeyVaultSecrets({ credential, emulated: true });
      return (await secrets.newest({ vaultUrl: url, name: "a" }, call)) === null;
    },
  ],
  [
    "the permissions",
    async () => {
      const permissions = new ArmPermissions({ credential, armEndpoint: emulators.armUrl, armScope });
      const allowed = await permissions.allows(account.resourceId, "Microsoft.Batch/batchAccounts/read", call);
      return allowed !== null;
    },
  ],
  [
    "the webhook",
    async () => {
      const url = `https://localhost:${portOf(target)}/hook`;
      const parts = {
        format: "cloudevents",
        secret: null,
        wanted: "alarms",
        site: "local",
        clock: systemClock,
      } as const;
      return (await new Webhook({ ...parts, url }).deliver(event, call)) === "delivered";
    },
  ],
  [
    "the heartbeat",
    async () => {
      const url = `https://localhost:${portOf(target)}/beat`;
      const known = bodies.length;
      await new HttpsHeartbeat({ url, reportsFailures: false, clock: systemClock }).report("good");
      return bodies.length > known;
    },
  ],
  [
    "a health URL",
    async () => {
      const url = `https://localhost:${portOf(target)}/health`;
      return (await new FetchHealthChecks().ask(url, "nonce", call)).kind === "answered";
    },
  ],
];

it.each(calls)("%s is reached through HTTPS_PROXY, with its credentials", async (_name, succeeds) => {
  expect(await succeeds()).toBe(true);
  const credentials = `Basic ${Buffer.from("ada:s@fe").toString("base64")}`;
  expect(seen.length).toBeGreaterThan(0);
  for (const each of seen) expect(each).toMatch(/^localhost:\d+ Basic /);
  expect(seen.at(-1)).toContain(credentials);
});

it("the body of a request goes through", async () => {
  await calls.find(([name]) => name === "the webhook")?.[1]();
  expect(bodies.at(-1)).toContain("batch-key-rotator.RotationStalled");
});

it("a proxy that refuses is a lasting failure with a remedy, for the SDKs and for our own calls", async () => {
  refuses = true;
  const [batch, key] = [batchOf(), new BatchKey("AAAA")];
  const both = [() => batch.probe(account, emulators.dataPlaneHost, key, call), () => batch.readKeys(account, call)];
  for (const work of both) {
    expect(await thrownBy(work)).toMatchObject({
      name: "OperatorNeededError",
      reason: "Unreachable",
      remedy: expect.stringContaining("HTTPS_PROXY"),
    });
  }
});

it("an answer that never comes ends with the caller's signal", async () => {
  const signal = AbortSignal.timeout(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await new FetchHealthChecks().ask(`https://localhost:${portOf(target)}/`, "n", { signal })).toMatchObject({
    kind: "failed",
  });
});

it.each([
  ["https://a.direct.example/", null],
  ["https://direct.example/", null],
  ["https://127.0.0.1/", null],
  ["http://localhost/", null],
  ["https://other.example/", "proxy.example"],
])("%s has the proxy %s", (address, host) => {
  const env = { https_proxy: "http://proxy.example:3128", NO_PROXY: "127.0.0.1, .direct.example" };
  expect(proxyFor(new URL(address), env)?.hostname ?? null).toBe(host);
});
