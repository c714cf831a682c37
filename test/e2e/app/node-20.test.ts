import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { type HostProcess, startHostProcess } from "../local-host/fixture-host";
import { until } from "../local-host/until";
import { openWorld } from "./world";

/** The oldest supported Node is 20; any version older than the project's 24 serves this test. */
const isOlder = (node: string): boolean => {
  const { stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
  const major = Number(/^v(\d+)\./.exec(stdout)?.[1]);
  return major >= 20 && major < 24;
};

/** The Node in PATH if it is old enough; the project's Node is in `node_modules`. */
const olderNode = (process.env["PATH"] ?? "")
  .split(path.delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .map((folder) => path.join(folder, "node"))
  .find((node) => existsSync(node) && isOlder(node));

if (olderNode === undefined) console.info("skipped: no Node from 20 to 23 in PATH");
const describeWithOlderNode = olderNode === undefined ? describe.skip : describe;

describeWithOlderNode("with an older Node", () => {
  test("the bundle starts, answers, and takes its first step", async () => {
    const world = await openWorld();
    let host: HostProcess | null = null;
    try {
      const render = world.place({ name: "render" });
      const env = { ...world.settings([render]), LOCAL_FUNCTION_KEYS: JSON.stringify({ master: "master" }) };
      host = startHostProcess(world.app.folder, env, olderNode);
      const { port } = await host.started();
      const headers = { "x-functions-key": "master" };
      const fired = await fetch(`http://127.0.0.1:${port}/admin/functions/rotateOnSchedule`, {
        method: "POST",
        headers,
      });
      expect(fired.status).toBe(202);
      const status = await until("the first step", async () => {
        const text = await (await fetch(`http://127.0.0.1:${port}/api/accounts/render`, { headers })).text();
        const body: { phase: string | null; secret: { version: string | null } } = JSON.parse(text);
        return body.secret.version === null ? null : body;
      });
      expect(status).toMatchObject({ phase: "adopting", secret: { version: render.newest().version } });
    } finally {
      await host?.child.stop();
      await world.close();
    }
  });
});
