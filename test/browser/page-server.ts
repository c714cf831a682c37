import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import type { Surface } from "../rig/surface";

/** The app's functions in this process, on plain HTTP. */
export interface PageServer {
  /** Of the page, with a function key. */
  readonly url: string;
  close(): Promise<void>;
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });

/** `signedIn`: whom the platform has signed in; null for no one. */
export const servePage = async (surface: Surface, signedIn: () => string | null): Promise<PageServer> => {
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const name = signedIn();
      const headers = Object.fromEntries(
        Object.entries(request.headersDistinct).map(([header, values]) => [header, (values ?? []).join(", ")]),
      );
      const answer = await surface.call({
        method: request.method === "POST" ? "POST" : "GET",
        path: (request.url ?? "").replace("/api", ""),
        ...(body === "" ? {} : { body }),
        headers: { ...headers, ...(name === null ? {} : { "x-ms-client-principal-name": name }) },
      });
      // A page that loads itself anew would take the focus and the scripts of a test that is in the middle of it.
      const { refresh: _refresh, ...kept } = answer.headers;
      response.writeHead(answer.status, kept).end(answer.text);
    })();
  });
  const port = await listening(server);
  return {
    url: `http://127.0.0.1:${port}/api/dashboard?code=key-of-dashboard`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
