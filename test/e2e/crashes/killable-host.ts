import { type Answer, type Call, type Host, type HostOptions, startHost } from "../app/host";

export type Reply = Pick<Answer, "status" | "text">;

/** A host that may be killed at any moment. */
export interface KillableHost extends Pick<Host, "kill" | "stop"> {
  /** POSTs JSON; null without an answer. */
  post(keyOf: string, path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply | null>;
  /** GETs JSON; null without an answer. */
  get(keyOf: string, path: string): Promise<Reply | null>;
}

export const startKillableHost = async (options: HostOptions): Promise<KillableHost> => {
  const host = await startHost(options);
  const ask = (asked: Call): Promise<Reply | null> => host.call(asked).catch(() => null);
  return {
    post: (keyOf, path, body, headers = {}) =>
      ask({
        method: "POST",
        path,
        keyOf,
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    get: (keyOf, path) => ask({ method: "GET", path, keyOf }),
    kill: () => host.kill(),
    stop: () => host.stop(),
  };
};
