import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { once } from "node:events";
import type { Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { testCertificates } from "./certificate-authority";
import type { Fault, Faults } from "./faults";
import type { Journal, JournalEntry } from "./journal";
import { misbehave, send, statusOnWire } from "./misbehave";
import { listenOnSteadyPort } from "./steady-port";
import { type Answer, type Call, ConnectionLostError, headerOf, type WireRequest, type WireService } from "./wire";

export interface ServerParts {
  readonly service: WireService;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly now: () => Date;
}

export interface RunningServer {
  /** The same before and after a restart. */
  readonly port: number;
  /** Ends all connections and stops listening. */
  stop(): Promise<void>;
  /** Listens on the same port again. */
  start(): Promise<void>;
}

/** An https server for localhost with the test certificate. */
export const startHttps = async (parts: ServerParts): Promise<RunningServer> => {
  const { cert, key } = await testCertificates();
  return startServer(parts, (listener) => createHttpsServer({ cert, key }, listener));
};

/** Plain http, as Azure uses it for managed identity, and for Azurite. */
export const startHttp = (parts: ServerParts): Promise<RunningServer> =>
  startServer(parts, (listener) => createHttpServer(listener));

const startServer = async (
  parts: ServerParts,
  create: (listener: RequestListener) => Server,
): Promise<RunningServer> => {
  let stopping = new AbortController();
  const sockets = new Set<Socket>();
  const server = create((request, response) => {
    serve(parts, request, response, stopping.signal).catch((error: unknown) => {
      if (error instanceof ConnectionLostError) request.socket.destroy();
      if (stopping.signal.aborted || request.socket.destroyed) return;
      parts.journal.recordFailure(error);
      send(response, parts.service.refuse(500, "EmulatorBroken", `the emulator failed: ${String(error)}`));
    });
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  // Longer than any test: closing an idle connection just when a client reuses it would look like a lost answer.
  server.keepAliveTimeout = 10 * 60 * 1000;
  const port = await listenOnSteadyPort(server);
  return {
    port,
    stop: () =>
      new Promise((resolve) => {
        stopping.abort();
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    start: async () => {
      stopping = new AbortController();
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
    },
  };
};

const serve = async (
  parts: ServerParts,
  incoming: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> => {
  const request = await read(incoming);
  const call = parts.service.receive(request);
  const fault = parts.faults.next(call.route, call.subject);
  const entry = (status: number | null, effect: JournalEntry["effect"]): JournalEntry => ({
    at: parts.now(),
    route: call.route,
    method: request.method,
    path: request.path,
    status,
    clientRequestId: headerOf(request, "x-ms-client-request-id"),
    subject: call.subject,
    fault: fault?.kind ?? null,
    effect,
  });

  if (fault === null) {
    const answer = await call.apply();
    parts.journal.record(entry(answer.status, "applied"));
    send(response, answer);
    return;
  }
  if (fault.kind === "delay") {
    const answer = await delayed(fault, call, signal);
    parts.journal.record(entry(answer.status, "applied"));
    send(response, answer);
    return;
  }
  const answer = fault.late === undefined && fault.when === "after" ? await call.apply() : null;
  const recorded = entry(
    statusOnWire(fault, answer),
    answer !== null ? "applied" : fault.late === undefined ? "none" : "late",
  );
  if (fault.late !== undefined) {
    parts.faults.applyLater(fault.late, async () => {
      await call.apply();
      parts.journal.recordLateEffect(recorded);
    });
  }
  parts.journal.record(recorded);
  misbehave(fault, answer, response, parts.service);
};

const delayed = async (
  { when, ms }: Extract<Fault, { kind: "delay" }>,
  call: Call,
  signal: AbortSignal,
): Promise<Answer> => {
  if (when === "after") {
    const answer = await call.apply();
    await wait(ms, undefined, { signal });
    return answer;
  }
  await wait(ms, undefined, { signal });
  return call.apply();
};

const read = async (incoming: IncomingMessage): Promise<WireRequest> => {
  const target = incoming.url ?? "/";
  const [path = "/"] = target.split("?", 1);
  return {
    method: incoming.method ?? "GET",
    path,
    target,
    query: new URLSearchParams(target.slice(path.length + 1)),
    headers: incoming.headers,
    body: await buffer(incoming),
  };
};
