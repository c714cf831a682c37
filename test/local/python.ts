import { spawnSync } from "node:child_process";

/** Whether the Python that the client supports is on this machine. */
export const hasPython = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]).status === 0;
