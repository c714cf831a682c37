import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import type { EmulatedRig } from "./emulated";

/** The app on plain HTTP and at the machine's time, for clients in separate processes. */
export interface RotatorServer {
  /** Ends in `/api`. */
  readonly url: string;
  /** Of each request, in order. */
  readonly functionKeys: readonly (string | undefined)[];
  /** Makes the app's clock show the machine's time. */
  setClock(): void;
  close(): void;
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });

/** `fails`: whether a request is answered with 503, without effect. */
export const serveRotator = async (
  { rig }: EmulatedRig,
  fails: () => boolean = () => false,
): Promise<RotatorServer> => {
  const functionKeys: (string | undefined)[] = [];
  const setClock = (): void => rig.clock.advance(Math.max(0, Date.now() - rig.clock.now().getTime()));
  const server = createServer((request, response) => {
    void (async () => {
      setClock();
      functionKeys.push(request.headersDistinct["x-functions-key"]?.[0]);
      const sent = await text(request);
      if (fails()) {
        response.writeHead(503).end();
        return;
      }
      const path = (request.url ?? "").replace("/api", "");
      const answer = await rig.surface.call(
        request.method === "GET" ? { method: "GET", path } : { method: "POST", path, body: JSON.parse(sent) },
      );
      response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
    })();
  });
  const port = await listening(server);
  return {
    url: `http://127.0.0.1:${port}/api`,
    functionKeys,
    setClock,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
