import { request as httpRequest } from "node:http";
import { buffer } from "node:stream/consumers";
import { connectionStringFor } from "./azurite";
import type { Faults } from "./faults";
import { startHttp } from "./https-server";
import type { Journal } from "./journal";
import type { Route } from "./routes";
import { TablePages } from "./table-pages";
import {
  type Answer,
  type Call,
  ConnectionLostError,
  headerOf,
  jsonAnswer,
  unknownRoute,
  type WireRequest,
  type WireService,
} from "./wire";

export interface TableProxyParts {
  /** The port of the table service behind the proxy. */
  readonly targetPort: number;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly now?: () => Date;
}

export interface TableProxy {
  readonly port: number;
  /** A connection string to the table service through the proxy. */
  readonly connectionString: string;
  /** How the answers to queries are cut into pages. */
  readonly pages: TablePages;
  close(): Promise<void>;
}

/**
 * A reverse proxy in front of Azurite with faults and journal. A fault "before" loses the request, a fault "after"
 * loses the answer. Signatures remain valid: they do not cover the host.
 */
export const startTableProxy = async (parts: TableProxyParts): Promise<TableProxy> => {
  const { targetPort, faults, journal, now = () => new Date() } = parts;
  const pages = new TablePages();
  const server = await startHttp({ service: new TableService(targetPort, pages), faults, journal, now });
  return { port: server.port, connectionString: connectionStringFor(server.port), pages, close: () => server.stop() };
};

class TableService implements WireService {
  constructor(
    private readonly targetPort: number,
    private readonly pages: TablePages,
  ) {}

  refuse(status: number, code: string, message: string): Answer {
    return jsonAnswer(
      status,
      { "odata.error": { code, message: { lang: "en-US", value: message } } },
      {},
      "application/json;odata=minimalmetadata",
    );
  }

  receive(request: WireRequest): Call {
    const resource = decodeURIComponent(request.path).split("/").slice(2).join("/");
    const route = routeOf(request, resource);
    if (route === null) return unknownRoute(this, "tables.unknown", request);
    const table = route === "tables.batch" ? tableOfBatch(request) : /^[A-Za-z][A-Za-z0-9]*/.exec(resource)?.[0];
    return {
      route,
      subject: table === undefined || table === "Tables" ? null : table,
      apply: () => this.#apply(route, request),
    };
  }

  async #apply(route: Route, request: WireRequest): Promise<Answer> {
    if (route !== "tables.query") return this.#forward(request);
    const next = this.pages.next(request.target);
    return "answer" in next ? next.answer : this.#forward({ ...request, target: next.target });
  }

  async #forward({ method, target, headers, body }: WireRequest): Promise<Answer> {
    try {
      return await new Promise<Answer>((resolve, reject) => {
        const forwarded = httpRequest(
          // One connection per request: a pooled one would break when Azurite restarts, and look like a fault.
          { host: "127.0.0.1", port: this.targetPort, method, path: target, headers: endToEnd(headers), agent: false },
          (answer) => {
            buffer(answer).then(
              (received) =>
                resolve({ status: answer.statusCode ?? 502, headers: endToEnd(answer.headers), body: received }),
              reject,
            );
          },
        );
        forwarded.once("error", reject);
        forwarded.end(body);
      });
    } catch (error) {
      throw new ConnectionLostError("the table service cannot be reached", { cause: error });
    }
  }
}

const hopByHop = new Set(["connection", "keep-alive", "transfer-encoding"]);

const endToEnd = (headers: NodeJS.Dict<string | string[]>): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || hopByHop.has(name) ? [] : [[name, value] as const],
    ),
  );

/**
 * `resource` is the path after the account: `Tables`, `Name`, `Name()` or `Name(PartitionKey='…',RowKey='…')`.
 */
const routeOf = (request: WireRequest, resource: string): Route | null => {
  // Clients behind old firewalls, and some SDKs, send MERGE as a POST with this header.
  const method = headerOf(request, "x-http-method") ?? request.method;
  if (resource === "$batch") return method === "POST" ? "tables.batch" : null;
  if (resource === "Tables") return method === "POST" ? "tables.createTable" : null;
  if (/\(.+\)$/s.test(resource)) return entityRoutes[method] ?? null;
  return setRoutes[method] ?? null;
};

/** All rows of a batch are in one table. */
const tableOfBatch = ({ body }: WireRequest): string | undefined =>
  /^(?:POST|PUT|PATCH|MERGE|DELETE) \S+?\/([A-Za-z][A-Za-z0-9]*)(?:\(\S*\))? HTTP/m.exec(body.toString("utf8"))?.[1];

const entityRoutes: Readonly<Record<string, Route>> = {
  GET: "tables.get",
  PUT: "tables.update",
  MERGE: "tables.merge",
  PATCH: "tables.merge",
  DELETE: "tables.delete",
};
const setRoutes: Readonly<Record<string, Route>> = { POST: "tables.insert", GET: "tables.query" };
