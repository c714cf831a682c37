import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";

export interface Request {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server on this machine that gives the configured answers. */
export class LocalReceiver {
  readonly requests: Request[] = [];
  answers: (response: ServerResponse, nth: number) => void = (response) => response.writeHead(204).end();
  #server: Server | null = null;
  #port = 0;

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { method, url, headers } = request;
        this.requests.push({ method, url, headers, body: Buffer.concat(chunks).toString("utf8") });
        this.answers(response, this.requests.length);
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the receiver has no port");
    this.#server = server;
    this.#port = address.port;
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook?token=not-for-the-log`;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    this.#server?.close();
    this.#server = null;
  }
}
