import { type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Duplex, Readable } from "node:stream";
import { connect } from "node:tls";

/*
 * The SDKs honour HTTPS_PROXY and NO_PROXY, `fetch` does not. Every call that this project makes itself goes through
 * here, and by the same rules: so that either all calls pass a proxy or none does.
 */

type Environment = Readonly<Record<string, string | undefined>>;

interface OutgoingRequest {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

const settingOf = (env: Environment, name: string): string | undefined => env[name] || env[name.toLowerCase()];

/** A name, or with a dot in front a domain and all below it: as the SDKs read it. */
const matches = (host: string, pattern: string): boolean =>
  pattern.startsWith(".") ? host.endsWith(pattern) || host === pattern.slice(1) : host === pattern;

/** The proxy for this address; null where it is reached directly, as every address by plain http is: this machine. */
export const proxyFor = (url: URL, env: Environment): URL | null => {
  const proxy = ["HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY"].map((name) => settingOf(env, name)).find(Boolean);
  if (proxy === undefined || url.protocol !== "https:") return null;
  const direct = (settingOf(env, "NO_PROXY") ?? "").split(",").map((item) => item.trim());
  return direct.some((pattern) => pattern !== "" && matches(url.hostname, pattern)) ? null : new URL(proxy);
};

/** The platform's own endpoints for identities, which no proxy can reach. Extends `NO_PROXY` for the SDKs as well. */
export const keepIdentityDirect = (env: Record<string, string | undefined>): void => {
  const endpoint = env["IDENTITY_ENDPOINT"] ?? "";
  const hosts = ["169.254.169.254", "localhost", "127.0.0.1"];
  if (URL.canParse(endpoint)) hosts.push(new URL(endpoint).hostname);
  const known = settingOf(env, "NO_PROXY")?.split(",") ?? [];
  env["NO_PROXY"] = [...new Set([...known, ...hosts])].join(",");
};

/** As `fetch` with `redirect: "manual"`, and like it rejects with a `TypeError` whose cause has the code. */
export const outgoingFetch = async (address: string | URL, request: OutgoingRequest): Promise<Response> => {
  const url = new URL(address);
  const proxy = proxyFor(url, process.env);
  if (proxy === null) return fetch(address, { ...request, redirect: "manual" });
  request.signal.throwIfAborted();
  try {
    return toResponse(await sendThrough(await openTunnel(proxy, url, request.signal), url, request));
  } catch (cause) {
    request.signal.throwIfAborted();
    throw new TypeError("fetch failed", { cause });
  }
};

const authorization = ({ username, password }: URL): Record<string, string> => {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return username === "" ? {} : { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` };
};

/** A connection to the target that the proxy does not look into. */
const openTunnel = (proxy: URL, { hostname, port }: URL, signal: AbortSignal): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const target = `${hostname}:${port || 443}`;
    const open = proxy.protocol === "https:" ? httpsRequest : httpRequest;
    const headers = { host: target, ...authorization(proxy) };
    const request = open({
      host: proxy.hostname,
      port: proxy.port || 80,
      method: "CONNECT",
      path: target,
      headers,
      signal,
    });
    request.once("connect", ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(Object.assign(new Error(`the proxy answered ${statusCode}`), { code: "ProxyRefused" }));
    });
    request.once("error", reject);
    request.end();
  });

const sendThrough = (socket: Duplex, url: URL, request: OutgoingRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { method = "GET", headers = {}, body, signal } = request;
    const createConnection = () => connect({ socket, servername: url.hostname });
    const sent = httpsRequest(url, { method, headers, signal, agent: false, createConnection }, resolve);
    sent.once("error", reject);
    sent.end(body);
  });

const toResponse = (answer: IncomingMessage): Response => {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value));
  const status = answer.statusCode ?? 502;
  const hasBody = ![204, 205, 304].includes(status);
  if (!hasBody) answer.resume();
  return new Response(hasBody ? streamOf(answer) : null, { status, headers });
};

/** Node's own type of a web stream is not the one of `Response`. */
const streamOf = (answer: IncomingMessage): ReadableStream<Uint8Array> =>
  new ReadableStream<Uint8Array>({
    start: async (controller) => {
      try {
        for await (const chunk of Readable.from(answer)) if (chunk instanceof Uint8Array) controller.enqueue(chunk);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
    },
    cancel: () => void answer.destroy(),
  });
