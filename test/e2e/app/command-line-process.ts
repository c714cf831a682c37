import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { keyVariable } from "../../../cli/credentials";
import { type Host, keyOfFunction } from "./host";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts the built file of the command line as a process, with the keys of all functions of this host. */
export const startCommandLine = (file: string, host: Host, args: readonly string[]) => {
  const keys = host.functions.map((name) => [keyVariable(name), keyOfFunction(name)] as const);
  return spawn(process.execPath, [file, ...args], {
    env: { PATH: process.env["PATH"], ROTATOR_URL: host.address, ...Object.fromEntries(keys) },
  });
};

/** Its whole output, once it has ended. */
export const endOf = async (child: ReturnType<typeof startCommandLine>): Promise<Ended> => {
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, out, err };
};
