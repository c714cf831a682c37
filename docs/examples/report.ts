/**
 * Reports to the rotator once which version of the secret this instance uses, and whether it works.
 * Needs only Node 20 or newer.
 * Run it on a schedule beside an app that cannot be changed, or copy its functions into your app.
 */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

interface Held {
  readonly version: string;
  readonly key: string;
}

const env = (name: string, fallback?: string): string => {
  const value = process.env[name] ?? fallback;
  if (value === undefined) throw new Error(`setting ${name} is missing`);
  return value;
};

const resource = "https://vault.azure.net";

/** No request takes longer than 30 seconds. */
const send = (url: string | URL, init: RequestInit): Promise<Response> =>
  fetch(url, { ...init, signal: AbortSignal.timeout(30_000) });

/** A token of the managed identity of App Service or Functions, or otherwise of the virtual machine. */
const vaultToken = async (): Promise<string> => {
  const endpoint = process.env["IDENTITY_ENDPOINT"];
  const host = env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://169.254.169.254");
  const response = endpoint
    ? await send(`${endpoint}?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`, {
        headers: { "x-identity-header": env("IDENTITY_HEADER") },
      })
    : await send(
        `${host}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${encodeURIComponent(resource)}`,
        {
          headers: { metadata: "true" },
        },
      );
  const { access_token: token }: { access_token?: string } = JSON.parse(await response.text());
  if (token === undefined) throw new Error(`no token for Key Vault: ${response.status}`);
  return token;
};

const get = async <T>(token: string, url: string): Promise<T | null> => {
  const response = await send(url, { headers: { authorization: `Bearer ${token}` } });
  return response.ok ? JSON.parse(await response.text()) : null;
};

const secretUrl = (path: string): string => `${env("VAULT_URL")}/secrets/${env("SECRET_NAME")}${path}?api-version=7.4`;

const read = async (token: string, path: string): Promise<Held | null> => {
  const secret = await get<{ id: string; value: string }>(token, secretUrl(path));
  return secret && { version: secret.id.split("/").at(-1) ?? "", key: secret.value };
};

/** The ids of all versions, in any order: the vault lists 25 of them on a page. */
async function* versions(token: string): AsyncGenerator<string> {
  for (let url: string | null | undefined = secretUrl("/versions"); url; ) {
    const page: { value: { id: string }[]; nextLink?: string | null } | null = await get(token, url);
    for (const { id } of page?.value ?? []) yield id.split("/").at(-1) ?? "";
    url = page?.nextLink;
  }
}

/**
 * The key that this instance holds, with its version.
 * A file or an app setting gives no version: the vault is searched for the key.
 */
const held = async (token: string): Promise<Held | null> => {
  const file = process.env["BATCH_KEY_FILE"];
  const key = file === undefined ? process.env["BATCH_KEY"] : readFileSync(file, "utf8").trim();
  const newest = await read(token, "");
  if (key === undefined || newest?.key === key) return newest;
  for await (const id of versions(token)) {
    const version = await read(token, `/${id}`);
    if (version?.key === key) return version;
  }
  return null;
};

const sign = (key: string, text: string): string =>
  createHmac("sha256", Buffer.from(key, "base64")).update(text, "utf8").digest("base64");

/** Replace this with a check that your app works with this key. */
const works = async ({ key }: Held): Promise<boolean> => {
  const account = env("BATCH_ACCOUNT");
  const url = new URL(`https://${env("BATCH_ENDPOINT")}/pools?$select=id&api-version=2022-10-01.16.0&maxresults=1`);
  const date = new Date().toUTCString();
  const query = [...url.searchParams].map(([name, value]) => `\n${name}:${value}`).join("");
  const text = `GET${"\n".repeat(12)}ocp-date:${date}\n/${account}${url.pathname}${query}`;
  const headers = { "ocp-date": date, authorization: `SharedKey ${account}:${sign(key, text)}` };
  return (await send(url, { headers })).ok;
};

/** Whether the rotator has accepted the report. */
const reportOnce = async (): Promise<boolean> => {
  const holds = await held(await vaultToken());
  if (holds === null) throw new Error("the vault has no enabled version with the key that this instance holds");
  const [account, consumer, instance] = [env("ACCOUNT"), env("CONSUMER"), env("INSTANCE", "default")];
  const healthy = await works(holds);
  const at = new Date().toISOString();
  const lines = ["batch-key-proof-v1", account, consumer, instance, holds.version, String(healthy), at];
  const proof = sign(holds.key, lines.join("\n"));
  const response = await send(`${env("ROTATOR_URL")}/accounts/${account}/signals`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-functions-key": env("ROTATOR_KEY") },
    body: JSON.stringify({ consumer, instance, secretVersion: holds.version, healthy, at, proof }),
  });
  console.log(response.status, await response.text());
  return response.status === 202;
};

/** Never rejects: an app must not stop because it cannot report. Call it without `await`, beside the app's work. */
const report = async (): Promise<boolean> => {
  try {
    return await reportOnce();
  } catch (problem) {
    console.error(`the report has failed: ${String(problem)}`);
    return false;
  }
};

const main = async (): Promise<void> => {
  if (!(await report())) process.exitCode = 1;
};

void main();
