// Loaded before a child's own code: a child whose parent has died, however it died, ends as if it had been asked to.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.on("error", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
// Waiting for the parent's end must not keep a child alive that has come to its own.
process.stdin.unref?.();
