// Loaded before the code of a child process: the child ends as on SIGTERM when its parent has died for any reason.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.on("error", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
// Waiting for the parent must not keep a finished child alive.
process.stdin.unref?.();
