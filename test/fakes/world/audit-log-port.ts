import type { AuditLog } from "../../../lib/ports/audit-log";
import type { FakeAuditLog } from "./fake-audit-log";
import type { Process } from "./process";
import { refusal } from "./refusal";
import type { World } from "./world";

export const auditLogPort = (world: World, process: Process, log: FakeAuditLog): AuditLog => ({
  readers: async (secret, question, { signal }) => {
    let at = 0;
    const answer = await world.wire.call(process, {
      operation: "auditLog.readers",
      signal,
      subject: () => `of ${secret.name}`,
      effect: () => {
        log.asked += 1;
        at = world.timeline.now;
        if (log.isDenied) throw refusal(world, "Forbidden", "Log Analytics query", 403);
        return log.answer(secret, question, world.wallMs);
      },
    });
    world.observer.readersShown({ secret, at, identities: answer.readers.map(({ identity }) => identity) });
    return answer;
  },
});
