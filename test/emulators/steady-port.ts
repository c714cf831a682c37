import { once } from "node:events";
import type { Server } from "node:net";

/**
 * Lower than the ports that systems give to connections, and to servers that want any port: while a server restarts, or
 * before a chosen port is bound, no connection takes it.
 */
const [lowest, highest] = [20_000, 32_000];
const attempts = 20;

/** By its code: an error of Node is no instance of the class that a test of Jest sees. */
const isInUse = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && error.code === "EADDRINUSE";

/** Makes the server listen on such a port that is free, and returns it. */
export const listenOnSteadyPort = async (server: Server, attempt = 1): Promise<number> => {
  const port = lowest + Math.floor(Math.random() * (highest - lowest));
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return port;
  } catch (error) {
    if (attempt === attempts || !isInUse(error)) throw error;
    return listenOnSteadyPort(server, attempt + 1);
  }
};
