import { machine, second, send } from "../internals";
import type { CommandLine } from "./arguments";
import { credentialOf, findKey, readNewest, Reports, say } from "./session";

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (problem) {
    // It runs, as another user's.
    return problem instanceof Error && "code" in problem && problem.code === "EPERM";
  }
};

const answers = async (url: string): Promise<boolean> => {
  try {
    const { status } = await send(machine, url, {}, 10 * second);
    return status < 400;
  } catch {
    return false;
  }
};

const reportsOf = async (line: CommandLine, env: NodeJS.ProcessEnv): Promise<Reports | null> => {
  const credential = credentialOf(env);
  const key = env[line.keyVariable];
  const held = key ? await findKey(line, credential, key) : await readNewest(line, credential, 20 * second);
  if (held === null && !key) return null;
  const works = async (): Promise<boolean> =>
    (line.pid === null || runs(line.pid)) && (line.url === null || (await answers(line.url)));
  const reports = new Reports(line, works, async () => (key ? findKey(line, credential, key) : held));
  if (line.command === "watch") await reports.start(held);
  return reports;
};

/** One report. Exits with 0 where the rotator has accepted it. */
export const reportOnce = async (line: CommandLine, env: NodeJS.ProcessEnv): Promise<number> =>
  (await (await reportsOf(line, env))?.once()) === true ? 0 : 1;

/** Reports until the process that it watches has ended, or until it is stopped itself. */
export const watch = async (line: CommandLine, env: NodeJS.ProcessEnv): Promise<number> => {
  const reports = await reportsOf(line, env);
  if (reports === null) return 1;
  const { pid } = line;
  const ended = await new Promise<boolean>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve(false));
    const look = (): void => {
      if (pid !== null && !runs(pid)) resolve(true);
      else machine.after(second, look, true);
    };
    look();
  });
  if (ended) {
    say(`process ${pid} has ended`);
    await reports.leave();
  }
  return 0;
};
