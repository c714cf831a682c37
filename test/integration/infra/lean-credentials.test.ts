import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import * as original from "../../../lib/azure/sdk/identity-clients";
import { buildBundle } from "../../tools/build";
import { projectRoot } from "../../unit/infra/bicep";

type Clients = typeof original;

const scope = "https://vault.azure.net/.default";
const tenant = "00000000-0000-4000-8000-0000000000aa";
const app = { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: "00000000-0000-4000-8000-0000000000bb" };

let folder: string;
let bundle: string;
let lean: Clients;
let server: http.Server;
/** What was asked for, in the words of the service. */
let asked: string[] = [];
let refuses = false;

/** Parts of a request that differ each time. */
const withoutChance = (body: string): string =>
  [...new URLSearchParams(body)]
    .map(([name, value]) => {
      if (/request-id|telemetry/.test(name)) return name;
      const [header = "", payload = ""] = value.split(".");
      if (name !== "client_assertion" || payload === "") return `${name}=${value}`;
      const { aud, iss, sub } = JSON.parse(Buffer.from(payload, "base64url").toString());
      const { alg, ...thumbprint } = JSON.parse(Buffer.from(header, "base64url").toString());
      return [name, alg, thumbprint["x5t#S256"], aud, iss, sub].join(" ");
    })
    .join("&");

const answers: readonly (readonly [RegExp, () => object])[] = [
  [
    /\/openid-configuration/,
    () => ({
      token_endpoint: `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`,
      authorization_endpoint: `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/authorize`,
      issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
      jwks_uri: `https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys`,
    }),
  ],
  [
    /\/oauth2\/v2\.0\/token/,
    () => ({ token_type: "Bearer", expires_in: 3599, ext_expires_in: 3599, access_token: "t-entra" }),
  ],
  [
    /\/msi\/token/,
    () => ({ token_type: "Bearer", expires_on: "4000000000", resource: "r", access_token: "t-app-service" }),
  ],
  [/\/metadata\//, () => ({ token_type: "Bearer", expires_on: "4000000000", resource: "r", access_token: "t-imds" })],
];

const answer = (request: http.IncomingMessage, response: http.ServerResponse): void => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const url = request.url ?? "";
    asked.push(
      `${request.method} ${url.replace(/(request-id=)[^&]*/, "$1")} ${withoutChance(Buffer.concat(chunks).toString())}`,
    );
    const refused = refuses && /token/.test(url);
    const [, found] = answers.find(([route]) => route.test(url)) ?? [];
    const body = refused ? { error: "invalid_client", error_description: "AADSTS7000215: refused" } : found?.();
    response.writeHead(refused ? 401 : body ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(body ?? {}));
  });
};

/** A tool that prints a token, as if it were signed in. */
const tool = (name: string, output: string): void => {
  const file = path.join(folder, "bin", name);
  writeFileSync(file, `#!/bin/sh\necho '${output}'\n`);
  chmodSync(file, 0o755);
};

/** Jest shares the modules of Node between the files that one of its workers runs. */
const unchanged = { http: http.request, https: https.request };

/** Where the server is, for both protocols. */
const toServer = (): void => {
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const send = http.request;
  const there = (options: https.RequestOptions, done?: (response: http.IncomingMessage) => void) =>
    send({ ...options, agent: undefined, protocol: "http:", hostname: "127.0.0.1", host: "127.0.0.1", port }, done);
  Object.assign(https, { request: there });
  Object.assign(http, { request: there });
};

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "lean-credentials-"));
  const entry = path.join(projectRoot, "lib/azure/sdk/identity-clients.ts");
  bundle = (await buildBundle({ entry, outfile: path.join(folder, "out.js") })).outfile;
  lean = require(bundle);
  server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  toServer();
});
afterAll(() => {
  Object.assign(http, { request: unchanged.http });
  Object.assign(https, { request: unchanged.https });
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Way {
  readonly env: () => Readonly<Record<string, string>>;
  readonly token: string;
}

const certificate = (): string => {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const file = path.join(folder, "certificate.pem");
  const body = Buffer.from("a certificate").toString("base64");
  writeFileSync(file, `${privateKey}-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`);
  return file;
};

const federated = (): string => {
  const file = path.join(folder, "federated");
  writeFileSync(file, "a-token-of-kubernetes");
  return file;
};

const later = "2096-10-02T07:06:40Z";
const only = (name: string, output: string) => () => {
  tool(name, output);
  return { AZURE_TOKEN_CREDENTIALS: "dev", PATH: path.join(folder, "bin") };
};

const ways: Readonly<Record<string, Way>> = {
  "a client secret": { env: () => ({ ...app, AZURE_CLIENT_SECRET: "s" }), token: "t-entra" },
  "a certificate": { env: () => ({ ...app, AZURE_CLIENT_CERTIFICATE_PATH: certificate() }), token: "t-entra" },
  "a workload identity": { env: () => ({ ...app, AZURE_FEDERATED_TOKEN_FILE: federated() }), token: "t-entra" },
  "a managed identity of App Service": {
    env: () => ({ IDENTITY_ENDPOINT: "http://localhost/msi/token", IDENTITY_HEADER: "h" }),
    token: "t-app-service",
  },
  "Azure CLI": {
    env: only("az", '{"accessToken":"t-az","expires_on":4000000000}'),
    token: "t-az",
  },
  // Before the next one: the SDK looks for PowerShell once in a process.
  "Azure PowerShell": { env: only("pwsh", `{"Token":"t-pwsh","ExpiresOn":"${later}"}`), token: "t-pwsh" },
  "Azure Developer CLI": { env: only("azd", `{"token":"t-azd","expiresOn":"${later}"}`), token: "t-azd" },
};

/** What the chain says of the credentials that are left out. */
const userCredentials = /\nCredentialUnavailableError: (?:Visual Studio Code|VisualStudioCode|Broker)[^\n]*/g;

/** What the credential gives, twice, and what it has asked for. */
const outcome = async ({ openDeveloperChain, openManagedIdentity }: Clients, env: Readonly<Record<string, string>>) => {
  const before = process.env;
  process.env = { PATH: path.join(folder, "bin"), ...env };
  asked = [];
  try {
    const opened = env["IDENTITY_ENDPOINT"]
      ? openManagedIdentity(null)
      : openDeveloperChain("https://login.microsoftonline.com", null);
    const ask = () =>
      opened.getToken(scope).then(
        (found) => found?.token,
        (problem: Error) => `${problem.name}: ${problem.message.replaceAll(userCredentials, "")}`,
      );
    return { tokens: [await ask(), await ask()], asked };
  } finally {
    process.env = before;
  }
};

beforeEach(() => {
  refuses = false;
  rmSync(path.join(folder, "bin"), { recursive: true, force: true });
  mkdirSync(path.join(folder, "bin"));
});

describe("the credential in the bundle", () => {
  it.each(Object.entries(ways))(
    "sends with %s what the SDK sends, and gives its token",
    async (_name, { env, token }) => {
      const settings = env();
      const ours = await outcome(lean, settings);
      expect(ours.tokens).toEqual([token, token]);
      expect(ours).toEqual(await outcome(original, settings));
    },
  );

  it.each(["a client secret", "a certificate", "a workload identity", "a managed identity of App Service"])(
    "fails with %s that is refused as the SDK fails",
    async (name) => {
      refuses = true;
      const settings = ways[name]?.env() ?? {};
      const ours = await outcome(lean, settings);
      expect(ours.tokens[0]).toMatch(/^\w*Error: /);
      expect(ours).toEqual(await outcome(original, settings));
    },
  );

  it("finds the managed identity of a virtual machine as the SDK does", async () => {
    // MSAL looks for the source of tokens once in a process.
    jest.resetModules();
    const [ours, theirs]: readonly Clients[] = [require(bundle), require("../../../lib/azure/sdk/identity-clients")];
    const found = await outcome(ours ?? lean, {});
    expect(found.tokens).toEqual(["t-imds", "t-imds"]);
    expect(found).toEqual(await outcome(theirs ?? original, {}));
  });

  it("says that a user's password is not supported", async () => {
    const ours = await outcome(lean, { ...app, AZURE_USERNAME: "u", AZURE_PASSWORD: "p" });
    expect(ours.tokens[0]).toContain("UsernamePasswordCredential is no part of the rotator");
    expect(ours.asked).toEqual([]);
  });
});
