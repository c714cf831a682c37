import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { hasPython } from "../local/python";
import { type EmulatedPlace, type EmulatedRig, openEmulatedRig } from "../rig/emulated";

if (!hasPython) console.warn("python3 (3.9 or later) is not on this machine, so the Python client is not tested");

/** Neither azure-core nor requests belongs to Python: these classes have what the client uses of them. */
const script = `
import sys
from batch_key_client import RotatingBatchKey, _http

class NamedKey:
    def update(self, name, key):
        self.name, self.key = name, key

class Request:
    def __init__(self, url, headers=()):
        self.method, self.url, self.headers, self.body, self.hooks = "GET", url, dict(headers), None, []
    def register_hook(self, _event, hook):
        self.hooks.append(hook)
    def copy(self):
        return Request(self.url, self.headers)

class Response:
    def __init__(self, status, request, connection):
        self.status_code, self.request, self.connection = status, request, connection
        self.history, self.content = [], b""
    def close(self):
        pass

class Session:
    def send(self, request, **_options):
        return Response(_http.send(request.method, request.url, request.headers)[0], request, self)
    def get(self, url):
        request = self.auth(Request(url))
        response = self.send(request)
        for hook in request.hooks:
            response = hook(response)
        return response.status_code

account, secret_url, endpoint = sys.argv[1:]
with RotatingBatchKey(account, secret_url, endpoint=endpoint) as key:
    named, session = key.as_named_key(NamedKey()), key.signed_session(Session())
    first = named.key
    for _line in sys.stdin:
        status = session.get(f"{endpoint}/pools?$select=id&api-version=2022-10-01.16.0&maxresults=1")
        print(status, named.name, named.key == key.current().key, named.key == first, flush=True)
`;

const describeWithPython = hasPython ? describe : describe.skip;

describeWithPython("the Python client as the credential of both forms of azure-batch", () => {
  let world: EmulatedRig;
  let at: EmulatedPlace;

  beforeAll(async () => {
    world = await openEmulatedRig(new Date().toISOString());
    at = world.place({});
    await world.rig.surface.tick();
  });
  afterAll(() => world.close());

  test("a session repeats a call whose key died without warning, and a named key is updated", async () => {
    const { secret, batch } = at.config;
    const url = `https://${world.emulators.dataPlaneHost}`;
    const args = ["-c", script, batch.accountName, `${secret.vaultUrl}/secrets/${secret.name}`, url];
    const child = spawn("python3", args, {
      env: {
        PATH: process.env["PATH"] ?? "",
        ...world.emulators.env,
        SSL_CERT_FILE: world.emulators.caFile,
        PYTHONPATH: path.resolve(__dirname, "../../clients/python/src"),
        PYTHONDONTWRITEBYTECODE: "1",
      },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const call = async (): Promise<unknown> => {
      child.stdin.write("call\n");
      return (await lines.next()).value;
    };
    expect(await call()).toBe(`200 ${batch.accountName} True True`);
    const value = world.emulators.batch.regenerateManually(batch.accountName, at.publishedSlot() ?? "primary");
    world.vault.seed(secret.name, { value });
    expect(await call()).toBe(`200 ${batch.accountName} True False`);
    child.stdin.end();
    expect(await once(child, "close")).toEqual([0, null]);
  });
});
